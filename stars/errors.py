"""Every refusal: one class a machine code, with its HTTP status; the first line of its docstring is its title.

Knows nothing of HTTP libraries: stars.http turns a raised refusal into application/problem+json (RFC 9457).
"""

import re
from typing import Any, ClassVar


class Refusal(Exception):
    """A request that is answered with no. `extra` holds further members of the problem document."""

    status: ClassVar[int]
    detail: ClassVar[str]
    retry_after: ClassVar[int | None] = None  # seconds; why so many stands at each value

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.detail)
        self.extra = extra

    @classmethod
    def code(cls) -> str:
        """The stable code clients switch on: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """The same for every occurrence: the first line of the docstring."""
        return (cls.__doc__ or "").partition("\n")[0].rstrip(".")


class InvalidJson(Refusal):
    """The body is not JSON."""

    status = 400
    detail = "The body is not a JSON document in UTF-8."


class Unauthorized(Refusal):
    """Nobody is identified."""

    status = 401
    detail = "Send Authorization: tma <initData>."

    def __init__(self, detail: str | None = None, challenge: str = "tma") -> None:
        super().__init__(detail)
        self.challenge = challenge


class StarsDisabled(Refusal):
    """Payments are switched off."""

    status = 403
    detail = "Set MOCK_PAYMENTS=true for the mock or TELEGRAM_STARS_ENABLED=true for real Stars."


class NotFound(Refusal):
    """There is nothing at this address."""

    status = 404
    detail = "See /docs for the addresses there are."


class PurchaseNotFound(Refusal):
    """You have no such purchase."""

    status = 404
    detail = "No purchase of yours has this purchase_id."


class MethodNotAllowed(Refusal):
    """This address does not take that method."""

    status = 405
    detail = "The Allow header names the methods it takes."


class PurchaseConflict(Refusal):
    """This purchase_id stands for another purchase."""

    status = 409
    detail = "This purchase_id is taken. Make a new one for a new purchase."


class PayloadTooLarge(Refusal):
    """The body is too large."""

    status = 413
    detail = "A body may have 64 KiB at most."


class UnsupportedMediaType(Refusal):
    """The body is not declared as JSON."""

    status = 415
    detail = "Send Content-Type: application/json."


class InvalidPurchasePayload(Refusal):
    """The body does not describe a purchase."""

    status = 422
    detail = "The fields under errors need another value."


class InternalError(Refusal):
    """Something broke on our side."""

    status = 500
    detail = "It is logged under this request_id. Sending the same request again is safe."


class DatabaseUnavailable(Refusal):
    """The database cannot be reached."""

    status = 503
    detail = "Send the same request again: if it was carried out meanwhile, its stored result is the answer."
    retry_after = 2  # a restart of PostgreSQL takes about that long


class Busy(Refusal):
    """Too much is going on at once."""

    status = 503
    detail = "The purchase is locked or every connection is taken. Send the same request again."
    retry_after = 1  # what was waited for was waited for 3 s already


class LivePaymentsUnavailable(Refusal):
    """Real payments are not available yet."""

    status = 503
    detail = "This release cannot take real Stars. Nothing was written."
    retry_after = 3600  # only another release changes it
