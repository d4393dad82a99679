"""The Bot API, as far as Stars need it. Asks Telegram, and tells a refusal from an unknown outcome.

The token is part of every address: no exception of httpx, which may quote one, leaves this file.
"""

import json
import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, cast

import httpx

from stars.domain.amounts import NANO
from stars.proxies import ProxyError, way_to

UPDATES = ("message", "pre_checkout_query", "subscription")
"""The kinds of updates that payments need."""

PAGE = 100
"""Transactions. Telegram gives no more at a time."""

LONGEST_PAUSE = 3.0
"""Seconds that are waited here when Telegram asks for a pause. A longer one is for the caller."""

SHORT_PAUSE = 0.2
"""Seconds after which a fault of the network or of Telegram's own is often over."""

ATTEMPTS = 3

LIMITS = httpx.Limits(max_connections=5, keepalive_expiry=30)
"""Calls that one process makes at once. Where Telegram is slow, more would only wait for longer."""

TIMEOUT = httpx.Timeout(5.0, connect=2.0, pool=1.0)

Json = dict[str, Any]


class TelegramError(Exception):
    """Telegram did not do it, or nobody knows. The message may be shown to anybody.

    `refused`: it said no, so nothing was done. `pause`: the seconds after which it is worth
    asking again; None if it is not.
    """

    def __init__(self, reason: str, *, refused: bool = False, pause: float | None = None) -> None:
        super().__init__(reason)
        self.refused = refused
        self.pause = pause


class Telegram:
    """One bot. Safe to share among threads and to make before a fork: it connects when asked."""

    def __init__(self, token: str, api_url: str, *, is_test: bool = False) -> None:
        """Use the bot of `token`. `is_test`: it is one of Telegram's test environment.

        https://core.telegram.org/bots/webapps#using-bots-in-the-test-environment
        """
        self.bot_id = int(token.partition(":")[0])
        self._api_url = api_url
        self.clock_ahead: float | None = None
        """Seconds by which Telegram's clock was ahead of ours at its last answer, if it said."""
        self._address = f"{api_url}/bot{token}/test" if is_test else f"{api_url}/bot{token}"

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(transport=way_to(self._api_url, LIMITS), timeout=TIMEOUT)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def call(self, method: str, arguments: Json | None = None) -> object:
        """Return the result of a method.

        Every method used here may be asked for again without harm, so what broke off is.

        Raises:
            TelegramError: it was refused, or after some attempts nobody can tell.

        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._ask(method, arguments or {})
            except TelegramError as error:
                if error.pause is None or error.pause > LONGEST_PAUSE:
                    raise
                time.sleep(error.pause)
        return self._ask(method, arguments or {})

    def create_invoice_link(
        self,
        *,
        title: str,
        description: str,
        photo_url: str | None,
        payload: str,
        price_stars: int,
        subscription_period: int | None = None,
    ) -> str:
        """Return a link by which an invoice can be paid. Raises TelegramError.

        With a `subscription_period`, in seconds, it is paid again after each of these.
        Nothing but what Stars need: https://core.telegram.org/bots/payments-stars
        """
        invoice: Json = {
            "title": title,
            "description": description,
            "payload": payload,
            "currency": "XTR",
            "prices": [{"label": title, "amount": price_stars}],
        }
        if photo_url:
            invoice["photo_url"] = photo_url
        if subscription_period:
            invoice["subscription_period"] = subscription_period
        return str(self.call("createInvoiceLink", invoice))

    def refund(self, *, payer_id: str, charge_id: str) -> None:
        """Give a charge back. An earlier refund, whoever asked for it, is as good as this one.

        Raises:
            TelegramError: it is not done, or nobody knows.

        """
        if not payer_id.isdecimal():
            raise TelegramError("The buyer was forgotten: Telegram has to be told who it was.")
        arguments = {"user_id": int(payer_id), "telegram_payment_charge_id": charge_id}
        try:
            self.call("refundStarPayment", arguments)
        except TelegramError as error:
            if "CHARGE_ALREADY_REFUNDED" not in str(error):
                raise

    def edit_subscription(self, *, user_id: str, charge_id: str, is_canceled: bool) -> None:
        """End the renewals of a subscription, or allow its user to go on. Twice is as once.

        Telegram knows the subscription by its first charge:
        https://core.telegram.org/bots/api#edituserstarsubscription

        Raises:
            TelegramError: it is not done, or nobody knows.

        """
        arguments = {
            "user_id": int(user_id),
            "telegram_payment_charge_id": charge_id,
            "is_canceled": is_canceled,
        }
        self.call("editUserStarSubscription", arguments)

    def star_transactions(self, offset: int) -> list[Json]:
        """Return at most PAGE transactions from `offset` on, oldest first. Raises TelegramError."""
        result = self.call("getStarTransactions", {"offset": offset, "limit": PAGE})
        return cast(list[Json], cast(Json, result)["transactions"])

    def star_balance(self) -> int:
        """Return how many Stars the bot has. May be negative. Raises TelegramError."""
        return int(cast(Json, self.call("getMyStarBalance"))["amount"])

    def star_balance_in_parts(self) -> int:
        """Return the same in nanostars, of which a Star has 10**9. Raises TelegramError."""
        amount = cast(Json, self.call("getMyStarBalance"))
        return int(amount["amount"]) * NANO + int(amount.get("nanostar_amount", 0))

    def set_webhook(self, *, url: str, secret: str, updates: list[str]) -> None:
        """Have Telegram send to `url`, with `secret` in the header. Raises TelegramError.

        `updates` are the kinds that are sent; none stands for all that Telegram sends by default.
        """
        self.call(
            "setWebhook",
            {"url": url, "secret_token": secret, "allowed_updates": updates},
        )

    def webhook_info(self) -> Json:
        """Return what Telegram knows of the webhook. Raises TelegramError.

        https://core.telegram.org/bots/api#webhookinfo
        """
        return cast(Json, self.call("getWebhookInfo"))

    def delete_webhook(self) -> None:
        """Have nothing sent any more. Raises TelegramError."""
        self.call("deleteWebhook")

    def pass_on(self, method: str, *, body: bytes, content_type: str) -> None:
        """Call a method for the shop's own bot, once, with arguments as that wrote them.

        Raises TelegramError.
        """
        self._send(method, body, {"Content-Type": content_type})

    def _ask(self, method: str, arguments: Json) -> object:
        body = json.dumps(arguments).encode()
        return self._send(method, body, {"Content-Type": "application/json"})

    def _send(self, method: str, body: bytes, headers: dict[str, str]) -> object:
        asked_at = time.time()
        address = f"{self._address}/{method}"
        try:
            response = self._client.post(address, content=body, headers=headers)
        except httpx.TimeoutException:  # the caller has waited long enough
            raise TelegramError(f"Telegram did not answer {method} in time.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TelegramError(
                f"Telegram cannot be reached for {method}: {type(error).__name__}.",
                pause=SHORT_PAUSE,
            ) from None
        except ProxyError as error:
            raise TelegramError(f"Telegram cannot be reached: {error.variable} {error}.") from None
        self.clock_ahead = _clock_ahead(response, (asked_at + time.time()) / 2)
        return _result(method, response)


def _clock_ahead(response: httpx.Response, answered_at: float) -> float | None:
    """Return by how many seconds the Date of a response is ahead of `answered_at`.

    A Date has no fraction of a second: the middle of that second is the best guess.
    """
    try:
        date = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None
    return date.timestamp() + 0.5 - answered_at


def _result(method: str, response: httpx.Response) -> object:
    try:
        answer = response.json()
        if answer["ok"]:
            return answer["result"]
        refusal = _refusal(method, answer)
    except (KeyError, TypeError, ValueError, AttributeError):  # not JSON, or none of Telegram's
        raise TelegramError(
            f"{method} was not answered by Telegram: status {response.status_code}.",
            pause=SHORT_PAUSE,
        ) from None
    raise refusal


def _refusal(method: str, answer: Json) -> TelegramError:
    """Return what an answer that is not `ok` means.

    https://core.telegram.org/bots/api#responseparameters
    """
    code = int(answer["error_code"])
    pause = None
    if code == 429:
        pause = float(answer.get("parameters", {}).get("retry_after", 1))
    elif code >= 500:
        pause = SHORT_PAUSE
    return TelegramError(
        f"Telegram refused {method}: {answer['description']}.", refused=code < 500, pause=pause
    )
