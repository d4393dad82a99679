"""The Bot API, as far as Stars need it: asks Telegram, and tells a refusal from an unknown outcome. Knows nothing else.

The token is part of every address: no exception of httpx, which may quote one, leaves this file.
"""

import time
from functools import cached_property
from typing import Any

import httpx

from stars.config import THREADS

UPDATES = ["message", "pre_checkout_query"]
PAGE = 100  # transactions; Telegram gives no more at a time
LONGEST_PAUSE = 3.0  # seconds that are waited here when Telegram asks for a pause; a longer one is for the caller
ATTEMPTS = 3
# One connection fewer than threads: however slow Telegram is, somebody is left to answer its pre-checkout queries.
LIMITS = httpx.Limits(max_connections=THREADS - 1, keepalive_expiry=30)
TIMEOUT = httpx.Timeout(5.0, connect=2.0, pool=1.0)


class TelegramError(Exception):
    """Telegram did not do it, or nobody knows. The message may be shown to anybody.

    `refused`: it said no, so nothing was done. `pause`: seconds after which it is worth asking again, if it is at all.
    """

    def __init__(self, why: str, *, refused: bool = False, pause: float | None = None) -> None:
        super().__init__(why)
        self.refused, self.pause = refused, pause


class Telegram:
    """One bot. Safe to share among threads, and to make before a fork: it connects when first asked."""

    def __init__(self, token: str, api_url: str) -> None:
        self.bot_id = int(token.partition(":")[0])
        self._address = f"{api_url}/bot{token}"

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(limits=LIMITS, timeout=TIMEOUT)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def call(self, method: str, **arguments: Any) -> Any:
        """The result of a method. Every one used here may be asked again without harm, so what broke off is.

        Raises:
            TelegramError: it was refused, or after some attempts nobody can tell.

        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask(method, arguments)
            except TelegramError as failed:
                if attempt == ATTEMPTS or failed.pause is None or failed.pause > LONGEST_PAUSE:
                    raise
                time.sleep(failed.pause)
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, method: str, arguments: dict[str, Any]) -> Any:
        try:
            answer = self._client.post(f"{self._address}/{method}", json=arguments)
            body = answer.json()
            if body["ok"]:
                return body["result"]
            code, description = int(body["error_code"]), str(body["description"])
            pause = (
                float(body.get("parameters", {}).get("retry_after", 1))
                if code == 429
                else 0.2
                if code >= 500
                else None
            )
        except httpx.TimeoutException:  # the caller has waited long enough
            raise TelegramError(f"Telegram did not answer {method} in time.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise TelegramError(
                f"Telegram cannot be reached for {method}: {type(broken).__name__}.", pause=0.2
            ) from None
        except (KeyError, TypeError, ValueError, AttributeError):  # not JSON, or none of Telegram's
            raise TelegramError(
                f"{method} was not answered by Telegram: status {answer.status_code}.", pause=0.2
            ) from None
        raise TelegramError(
            f"Telegram refused {method}: {description}.", refused=code < 500, pause=pause
        )

    def create_invoice_link(
        self, *, item: dict[str, Any], purchase_id: str, price_stars: int
    ) -> str:
        """A link by which this purchase can be paid. Raises TelegramError.

        Nothing but what Stars need: https://core.telegram.org/bots/payments-stars
        """
        photo = {"photo_url": item["photo_url"]} if item["photo_url"] else {}
        return str(
            self.call(
                "createInvoiceLink",
                title=item["title"],
                description=item["description"],
                payload=purchase_id,
                currency="XTR",
                prices=[{"label": item["title"], "amount": price_stars}],
                **photo,
            )
        )

    def refund(self, *, payer_id: str, charge_id: str) -> None:
        """Give a charge back. Raises TelegramError; an earlier refund, whoever asked for it, is as good as this one."""
        try:
            self.call(
                "refundStarPayment", user_id=int(payer_id), telegram_payment_charge_id=charge_id
            )
        except TelegramError as refused:
            if "CHARGE_ALREADY_REFUNDED" not in str(refused):
                raise

    def star_transactions(self, offset: int) -> list[dict[str, Any]]:
        """What came in and went out, oldest first, from `offset` on, PAGE at most. Raises TelegramError."""
        found: list[dict[str, Any]] = self.call("getStarTransactions", offset=offset, limit=PAGE)[
            "transactions"
        ]
        return found
