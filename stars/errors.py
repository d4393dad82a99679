"""Every refusal: a class for each machine code and its HTTP status.

The first sentence of its docstring is the title of its problem document, the rest is the detail.
Nothing here knows an HTTP library: stars.web.problems answers what was raised.
"""

import math
import re
from typing import Any, ClassVar


class Refusal(Exception):
    """A request that is refused. `extra` holds further members of the problem document.

    `code` is what clients switch on: the name of the class in snake case. `retry_after` is in
    seconds, None where asking again does not help. `reason` is for the operator alone: it may name
    hosts and users, and is never part of an answer.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    detail: ClassVar[str]
    status: ClassVar[int]
    retry_after: int | None

    def __init_subclass__(cls, status: int, retry_after: int | None = None) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        sentences = " ".join((cls.__doc__ or "").split())
        cls.title, _, cls.detail = sentences.partition(". ")
        cls.status = status
        cls.retry_after = retry_after

    def __init__(self, detail: str | None = None, *, reason: str = "", **extra: Any) -> None:
        super().__init__(detail or self.detail)
        self.extra = extra
        self.reason = reason

    @property
    def for_operator(self) -> str:
        """What somebody at a terminal is told."""
        return self.reason or str(self)


class InvalidJson(Refusal, status=400):
    """The body is not JSON. It must be one JSON document in UTF-8."""


class MockOnly(Refusal, status=400):
    """This can be asked of the mock alone.

    Nothing about real money is steered by X-Mock-Outcome or X-Mock-Delay.
    """


class LiveOnly(Refusal, status=400):
    """Nobody paid real Stars here. Only a live purchase can be refunded."""


class Unauthorized(Refusal, status=401):
    """Nobody is identified. Send Authorization: tma <initData>."""

    def __init__(self, detail: str | None = None, challenge: str = "tma") -> None:
        super().__init__(detail)
        self.challenge = challenge


class StarsDisabled(Refusal, status=403):
    """Payments are switched off.

    MOCK_PAYMENTS=true enables the mock, TELEGRAM_STARS_ENABLED=true real Stars.
    """


class CrossSite(Refusal, status=403):
    """Another site asked for this in your name. Do it on the console itself."""


class NotFound(Refusal, status=404):
    """There is nothing at this address. See /docs for the addresses there are."""


class PurchaseNotFound(Refusal, status=404):
    """You have no such purchase. No purchase of yours has this purchase_id."""


class SubscriptionNotFound(Refusal, status=404):
    """You have no such subscription. No purchase of yours with this id has begun one."""


class MethodNotAllowed(Refusal, status=405):
    """This address does not take that method. The Allow header names those it takes."""


class PurchaseConflict(Refusal, status=409):
    """This purchase_id stands for another purchase. Make a new one for a new purchase."""


class PaidForReal(Refusal, status=409):
    """Real Stars were paid for this purchase. It cannot be marked failed: refund it instead."""


class EndpointNotFound(Refusal, status=404):
    """There is no such endpoint. See flask endpoints list."""


class DeliveryNotFound(Refusal, status=404):
    """There is no such delivery. See flask deliveries list."""


class UserNotFound(Refusal, status=404):
    """Nothing is kept of this user. Ids are told apart by upper and lower case."""


class NotForgotten(Refusal, status=409):
    """This user cannot be forgotten yet. Something is still under way for them."""


class KeyNotFound(Refusal, status=404):
    """There is no such key. See flask keys list."""


class KeyTaken(Refusal, status=409):
    """There is a key of this name already. Revoke it first, or choose another name."""


class InsufficientScope(Refusal, status=403):
    """This key may not do that. Make one with the scope that is named."""


class AlreadyFulfilled(Refusal, status=409):
    """This purchase was handed out already. It was done under another reference."""


class NotPaid(Refusal, status=409):
    """This purchase is not paid. There is nothing to hand out."""


class NothingToRefund(Refusal, status=409):
    """There is nothing to refund. No Stars were kept for this purchase."""


class StoppedByShop(Refusal, status=409):
    """The shop has ended this subscription. Only the shop can allow it again."""


class SubscriptionUnchangeable(Refusal, status=409):
    """Telegram refused to change this subscription. It stays as it is."""


class PayloadTooLarge(Refusal, status=413):
    """The body is too large. It may have 64 KiB at most."""


class UnsupportedMediaType(Refusal, status=415):
    """The body is not declared as JSON. Send Content-Type: application/json."""


class ItemNotForSale(Refusal, status=422):
    """This item is not for sale. The catalogue does not have it, or no longer."""


class InvalidPurchasePayload(Refusal, status=422):
    """The request is not what it has to be. The fields under errors need another value."""


class InvalidEndpoint(Refusal, status=422):
    """Nothing can be sent to this address. An endpoint's address begins with https://"""


class InvalidQuery(Refusal, status=422):
    """The query cannot be answered. The parameters under errors need another value."""


class InternalError(Refusal, status=500):
    """Something broke on our side.

    It is logged under this request_id. Sending the same request again is safe.
    """


# PostgreSQL restarts in about 2 s.
class DatabaseUnavailable(Refusal, status=503, retry_after=2):
    """The database cannot be reached.

    Send the same again: if it was carried out, its stored result is the answer.
    """


# Whoever is told so has waited 3 s already.
class Busy(Refusal, status=503, retry_after=1):
    """Too much is going on at once.

    The purchase is locked or every connection is taken. Send the same again.
    """


class IdentityUnavailable(Refusal, status=503, retry_after=5):
    """Your token cannot be checked now.

    The keys of AUTH_JWKS_URL cannot be fetched. Send the same again.
    """


class TelegramUnavailable(Refusal, status=503, retry_after=5):
    """Telegram cannot be reached, or refused.

    The purchase is kept as pending: send the same again for its link.
    """

    def __init__(self, detail: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        if retry_after is not None:
            self.retry_after = max(self.retry_after or 0, math.ceil(retry_after))


class AnswerLost(Refusal, status=504):
    """The answer was lost, as you asked for.

    It was carried out: the same request again has its stored result.
    """
