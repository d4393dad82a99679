"""Pay links of the mock. Each ends in a random token that is stored with its purchase.

So nobody can guess one, and no change of the settings can make one invalid: neither the keys nor
the address of the database have a part in it. Only the address before it follows PUBLIC_URL.

Libraries for front ends open links of Telegram's alone. So with MOCK_LINKS=t.me one looks like
https://t.me/$mock_..., which /mock/telegram-web-app.js opens: the part after the $ is the link,
in characters that Telegram's links have.
"""

import base64
import hmac
import secrets

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.types import ANYBODY, Purchase
from stars.errors import NotFound
from stars.schemas.values import IDENTIFIER

TOKEN_BYTES = 16
"""As many as a UUID has: nobody guesses one of 2**128."""

TELEGRAM = "https://t.me"
"""The address to give for links that look like Telegram's."""

SLUG = "$mock_"
"""What the last part of such a link begins with. Telegram's own are not known to."""


def new_pay_url(purchase_id: str, address: str) -> str:
    """Return a pay link of its own for a purchase, under the service's `address` or TELEGRAM."""
    return _pay_url(f"{purchase_id}.{secrets.token_urlsafe(TOKEN_BYTES)}", address)


def keep_current(db: Database, *, purchase: Purchase, address: str) -> Purchase:
    """Return the purchase with its link under the present `address`, and store that.

    The address that a link was stored with may be out of date. Its end, the link itself, stays.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell whether it is stored. The old one still works.

    """
    stored = purchase["pay_url"]
    if stored is None:
        return purchase
    current = _pay_url(_link(stored), address)
    if current == stored:
        return purchase
    purchase_id = purchase["purchase_id"]
    db.fetch_one(queries.move_pay_url, purchase_id=purchase_id, pay_url=current)
    return {**purchase, "pay_url": current}


def find_purchase(db: Database, link: str) -> Purchase:
    """Return the purchase that a link, the last part of a pay_url, is for.

    Raises:
        NotFound: it is not the link of a purchase.
        PurchaseNotFound: it names a purchase that does not exist.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    link = _link(link)
    purchase_id, _, _token = link.rpartition(".")
    if not IDENTIFIER.fullmatch(purchase_id):
        raise NotFound
    purchase = purchases.get(db, purchase_id=purchase_id, owner=ANYBODY, mode="mock")
    stored = _link(purchase["pay_url"] or "")
    if not hmac.compare_digest(link.encode(), stored.encode()):
        raise NotFound
    return purchase


def _pay_url(link: str, address: str) -> str:
    if address == TELEGRAM:
        slug = base64.urlsafe_b64encode(link.encode()).decode()
        return f"{TELEGRAM}/{SLUG}{slug}"
    return f"{address}/mock/pay/{link}"


def _link(pay_url: str) -> str:
    """Return the link itself, of an address of either kind or of its last part."""
    last = pay_url.rpartition("/")[2]
    if not last.startswith(SLUG):
        return last
    try:
        return base64.urlsafe_b64decode(last.removeprefix(SLUG)).decode()
    except ValueError:
        return ""
