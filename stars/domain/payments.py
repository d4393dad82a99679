"""The verbs by which purchases are made and paid. The mock and live mode implement them.

The factory chooses one implementation, so no code above asks in which mode it runs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypedDict

from stars.domain.health import HealthCheck
from stars.domain.subscriptions import EditedBy, Subscription
from stars.domain.types import Json, Mode, Order, Owner, Purchase, Transition
from stars.errors import LiveOnly, MockOnly, StarsDisabled

OutcomeName = Literal["paid", "failed", "pending", "lost"]
"""How a mock payment ends. `lost`: it is carried out, and not answered."""


@dataclass(frozen=True, kw_only=True)
class Steering:
    """How a mock payment is to end, as its caller wishes. `delay` is in seconds."""

    outcome: OutcomeName | None = None
    delay: float | None = None


@dataclass(frozen=True, kw_only=True)
class BotAnswer:
    """What the shop's own bot answered an update, as it came."""

    body: bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class UpdateAnswer:
    """What Telegram's webhook is answered: an HTTP status and a JSON document.

    `theirs` takes the place of the document where the shop's own bot has answered.
    """

    status: int
    document: Json = field(default_factory=lambda: {"status": "accepted"})
    theirs: BotAnswer | None = None


class ChargeShown(TypedDict):
    """A charge as the shop's backend sees it. Times are RFC 3339 in UTC."""

    telegram_payment_charge_id: str
    payer_id: str
    amount: int
    currency: str
    verdict: str
    recorded_at: str
    refunded_at: str | None


class Payments(ABC):
    """One way to be paid."""

    mode: ClassVar[Mode]
    """The mode of the rows it deals in. Pretended money and real money never meet."""

    steerable: ClassVar[bool] = False
    """True where a caller may say how a payment ends."""

    @property
    def enabled(self) -> bool:
        """False where nothing can be bought."""
        return True

    @abstractmethod
    def create_invoice(
        self, *, purchase_id: str, owner: str, order: Order, request_id: str, address: str
    ) -> Transition:
        """Make a purchase `pending` or reuse it, with a link to pay it.

        Args:
            purchase_id, owner, order, request_id: as domain.purchases.create_invoice.
            address: where this service is reached, without a slash at the end.

        Raises:
            TelegramUnavailable: the purchase is there, without a link. Asking again gets it one.
            All that domain.purchases.create_invoice raises.

        """

    @abstractmethod
    def complete_purchase(
        self,
        *,
        purchase_id: str,
        owner: str,
        order: Order,
        request_id: str,
        address: str,
        steering: Steering | None,
    ) -> Transition:
        """Complete a purchase where a caller can; elsewhere return it as it stands.

        Raises:
            AnswerLost: the steering said so, and it was carried out.
            All that domain.purchases.complete_purchase and confirm_purchase raise.

        """

    def accept_update(self, *, secret: str, body: bytes, request_id: str) -> UpdateAnswer:
        """Take what was sent to Telegram's webhook. Nothing is kept where money is not real."""
        return UpdateAnswer(status=202)

    def take_relayed(self, *, body: bytes, request_id: str) -> Json | None:
        """Take an update that the shop's own bot relays. Nothing is kept where money is not real.

        Returns:
            The call that answers it, for the bot to make; None if the update is not ours to answer.

        Raises:
            InvalidJson: it is not JSON.
            Busy, DatabaseUnavailable: it is not handled. Relaying it again is safe.

        """
        return None

    def poll_after(self, purchase: Purchase) -> int | None:
        """Return the seconds after which a pending purchase is worth another look, or None."""
        return None

    def mark_failed(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Mark a purchase failed, for the shop's backend. A failed one stays as it is.

        Raises:
            MockOnly: money is real.
            PurchaseNotFound: there is no such purchase.

        """
        raise MockOnly("Only mock purchases are marked failed. Real Stars are refunded instead.")

    def refund(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Give the Stars of a purchase back; return it as it is then.

        Raises:
            LiveOnly: nobody paid for real.
            PurchaseNotFound: there is no such purchase.
            NothingToRefund: no Stars were kept for it.
            TelegramUnavailable: it is queued, and not done yet.

        """
        raise LiveOnly

    @abstractmethod
    def edit_subscription(
        self,
        *,
        purchase_id: str,
        owner: Owner,
        is_canceled: bool,
        requested_by: EditedBy,
        request_id: str,
    ) -> Subscription:
        """End the renewals of a subscription, or allow its user to go on; return it as it is then.

        What is paid of it stays. It is recorded when it is done, not when it is asked for. What
        is allowed again stays canceled until its user takes it up in Telegram.

        Args:
            purchase_id: the purchase that began it.
            owner: whose it must be.
            is_canceled: whether renewals are to end.
            requested_by: for whom.
            request_id: for the event.

        Raises:
            SubscriptionNotFound: there is no such subscription.
            StoppedByShop: the shop has ended it, and its user cannot allow it again.
            SubscriptionUnchangeable: Telegram refused.
            TelegramUnavailable: it is queued, and not done yet.

        """

    def refund_subscription(
        self, *, purchase_id: str, charge_id: str, request_id: str
    ) -> Subscription:
        """Give the Stars of one payment of a subscription back; return it as it is then.

        Raises:
            LiveOnly: nobody paid for real.
            SubscriptionNotFound: there is no such subscription.
            NothingToRefund: this charge has paid nothing of it.
            TelegramUnavailable: it is queued, and not done yet.

        """
        raise LiveOnly

    def charges_of(self, purchase_id: str) -> list[ChargeShown]:
        """Return what was paid for a purchase, oldest first; nothing where money is not real."""
        return []

    def health(self) -> tuple[HealthCheck, ...]:
        """Return what was found of what stops sales. Nothing where no money is real.

        Raises:
            Busy, DatabaseUnavailable: nobody can tell.

        """
        return ()

    def operator_actions(self, purchase: Purchase) -> tuple[str, ...]:
        """Return the names of what an operator may do to this purchase now."""
        return ()

    def act(self, action: str, *, purchase_id: str, request_id: str, address: str) -> None:
        """Do one of operator_actions.

        Raises:
            MockOnly: there is no such action here.
            All that the action raises.

        """
        raise MockOnly("This cannot be done to a purchase here.")


class Disabled(Payments):
    """Payments are switched off. Live purchases that exist can still be looked at."""

    mode: ClassVar[Mode] = "live"

    @property
    def enabled(self) -> bool:
        """False."""
        return False

    def create_invoice(
        self, *, purchase_id: str, owner: str, order: Order, request_id: str, address: str
    ) -> Transition:
        """Raise StarsDisabled."""
        raise StarsDisabled

    def complete_purchase(
        self,
        *,
        purchase_id: str,
        owner: str,
        order: Order,
        request_id: str,
        address: str,
        steering: Steering | None,
    ) -> Transition:
        """Raise StarsDisabled."""
        raise StarsDisabled

    def mark_failed(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Raise StarsDisabled."""
        raise StarsDisabled

    def refund(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Raise StarsDisabled."""
        raise StarsDisabled

    def edit_subscription(
        self,
        *,
        purchase_id: str,
        owner: Owner,
        is_canceled: bool,
        requested_by: EditedBy,
        request_id: str,
    ) -> Subscription:
        """Raise StarsDisabled."""
        raise StarsDisabled

    def refund_subscription(
        self, *, purchase_id: str, charge_id: str, request_id: str
    ) -> Subscription:
        """Raise StarsDisabled."""
        raise StarsDisabled
