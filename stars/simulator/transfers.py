"""Stars that move for other reasons than a sale, and how Telegram lists each. Under the lock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stars.simulator import ledger
from stars.simulator.amounts import NANO, Json
from stars.simulator.records import Bot, User, channel
from stars.simulator.world import World

Side = Literal["source", "receiver"]


@dataclass(frozen=True)
class Transfer:
    """What moves. `user` is the other side, where there is one; `options` are a test's."""

    nanostars: int
    user: User
    options: Json

    def number(self, name: str, default: int) -> int:
        """A whole number of the options; raises ValueError."""
        value = self.options.get(name, default)
        if type(value) is not int:
            raise ValueError(f"{name} is a whole number")
        return value


def move(world: World, bot: Bot, kind: str, transfer: Transfer) -> Json:
    """Move Stars and list it; the StarTransaction. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    side, partner_of = KINDS[kind]
    given_id = transfer.options.get("id")
    charge = str(given_id) if given_id else "stx" + world.word(32)
    sign = 1 if side == "source" else -1
    bot.nanostars += sign * transfer.nanostars
    ledger.record(world, bot, charge, transfer.nanostars, side, partner_of(transfer))
    world.note("transfer", bot=bot.name, kind=kind, **ledger.star_amount(transfer.nanostars))
    return bot.transactions[-1]


def _user(transaction_type: str, transfer: Transfer) -> Json:
    return {
        "type": "user",
        "transaction_type": transaction_type,
        "user": transfer.user.shown(),
    }


def _paid_media(transfer: Transfer) -> Json:
    media = [{"type": "preview", "width": 640, "height": 480}]
    payload = str(transfer.options.get("payload", ""))
    return _user("paid_media_payment", transfer) | {
        "paid_media": media,
        "paid_media_payload": payload,
    }


def _gift(transfer: Transfer) -> Json:
    return _user("gift_purchase", transfer) | {"gift": _bear(transfer)}


def _premium(transfer: Transfer) -> Json:
    months = transfer.number("months", 3)
    return _user("premium_purchase", transfer) | {"premium_subscription_duration": months}


def _business_transfer(transfer: Transfer) -> Json:
    return _user("business_account_transfer", transfer)


def _chat(transfer: Transfer) -> Json:
    title = str(transfer.options.get("channel", "A channel"))
    return {"type": "chat", "chat": channel(title), "gift": _bear(transfer)}


def _affiliate_program(transfer: Transfer) -> Json:
    return {
        "type": "affiliate_program",
        "commission_per_mille": transfer.number("commission_per_mille", 100),
        "sponsor_user": transfer.user.shown() | {"is_bot": True},
    }


def _fragment(_transfer: Transfer) -> Json:
    return {"type": "fragment"}


def _ads(_transfer: Transfer) -> Json:
    return {"type": "telegram_ads"}


def _broadcasts(transfer: Transfer) -> Json:
    return {"type": "telegram_api", "request_count": transfer.number("request_count", 10)}


def _other(_transfer: Transfer) -> Json:
    return {"type": "other"}


def _unknown(transfer: Transfer) -> Json:
    return {"type": str(transfer.options.get("type", "of_a_later_bot_api"))}


def _bear(transfer: Transfer) -> Json:
    """As the Bot API's Gift."""
    sticker = {
        "file_id": "bear",
        "file_unique_id": "bear",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "🧸",
    }
    return {"id": "1", "sticker": sticker, "star_count": transfer.nanostars // NANO}


# Each kind: whether it comes in (source) or goes out (receiver), and who is on the other side.
KINDS: dict[str, tuple[Side, Callable[[Transfer], Json]]] = {
    "paid_media": ("source", _paid_media),
    "gift": ("receiver", _gift),
    "premium": ("receiver", _premium),
    "business_transfer": ("source", _business_transfer),
    "chat_gift": ("receiver", _chat),
    "affiliate_program": ("source", _affiliate_program),
    "fragment": ("source", _fragment),
    "ads": ("receiver", _ads),
    "broadcasts": ("receiver", _broadcasts),
    "other": ("source", _other),
    "other_out": ("receiver", _other),
    "unknown": ("source", _unknown),
}
