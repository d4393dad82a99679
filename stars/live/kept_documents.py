"""What Telegram said, kept as it came: finds a user in it, and takes a user out of it."""

from stars.domain.types import Json

PEOPLE = frozenset({"affiliate_chat", "affiliate_user", "chat", "from", "sponsor_user", "user"})
"""Where a document says who did something. Whoever is not to be forgotten stays as they are."""

NEEDED = frozenset(
    {
        "affiliate",
        "amount",
        "commission_per_mille",
        "currency",
        "date",
        "id",
        "invoice_payload",
        "is_first_recurring",
        "is_recurring",
        "message",
        "message_id",
        "nanostar_amount",
        "pre_checkout_query",
        "premium_subscription_duration",
        "receiver",
        "refunded_payment",
        "request_count",
        "source",
        "state",
        "subscription",
        "subscription_expiration_date",
        "subscription_period",
        "successful_payment",
        "telegram_payment_charge_id",
        "total_amount",
        "transaction_type",
        "type",
        "update_id",
        "withdrawal_state",
    }
)
"""What sums and checks need. All else goes with the user: what is unknown may be about them."""


def names(document: object, telegram_id: int) -> bool:
    """Return whether a document names a user of Telegram's anywhere by their id."""
    if isinstance(document, list):
        return any(names(one, telegram_id) for one in document)
    if not isinstance(document, dict):
        return False
    for name, value in document.items():
        if name.endswith("id") and type(value) is int and value == telegram_id:
            return True
        if names(value, telegram_id):
            return True
    return False


def without(document: Json, telegram_id: int, pseudonym: str) -> Json:
    """Return what is needed of a document, with `pseudonym` in the place of a user."""
    kept: Json = {}
    for name, value in document.items():
        if name in PEOPLE and isinstance(value, dict):
            kept[name] = {"id": pseudonym} if value.get("id") == telegram_id else value
        elif name not in NEEDED:
            continue
        elif isinstance(value, dict):
            kept[name] = without(value, telegram_id, pseudonym)
        elif value != telegram_id:
            kept[name] = value
    return kept
