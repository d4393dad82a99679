"""Payments in live mode: real Stars, which only Telegram can take."""

import hmac
from dataclasses import replace
from typing import ClassVar

from stars.config import Settings
from stars.database.pool import Database
from stars.domain import purchases, subscriptions
from stars.domain.health import HealthCheck
from stars.domain.payments import ChargeShown, Payments, Steering, UpdateAnswer
from stars.domain.subscriptions import EditedBy, Subscription
from stars.domain.types import ANYBODY, Json, Mode, Order, Owner, Purchase, Transition
from stars.errors import InvalidJson, Unauthorized
from stars.live import (
    cancellations,
    charges,
    health,
    inbox,
    invoices,
    reconcile,
    refunds,
)
from stars.live.desk import Desk
from stars.live.forwarding import ShopBot
from stars.live.inbox import Reception
from stars.live.reconcile import Report, Rules
from stars.live.support import Support, question_in
from stars.live.telegram import Telegram
from stars.live.updates import MalformedQuery, PreCheckoutQuery, Update, parse_update
from stars.live.webhook import Webhook
from stars.outgoing import Caller

POLL_AFTER = 1
"""Seconds: Telegram's word comes within a few, and a look is one indexed read."""


RENEWALS = {"cancel_renewals": True, "allow_renewals": False}
"""What an operator may do to the subscription of a purchase, and whether that ends renewals."""


class LivePayments(Payments):
    """Live mode. Telegram makes the links, takes the Stars and tells of them."""

    mode: ClassVar[Mode] = "live"

    def __init__(self, db: Database, telegram: Telegram, settings: Settings) -> None:
        self._db = db
        self.telegram = telegram
        self.webhook = Webhook.from_settings(settings)
        self._rules = Rules.from_settings(settings)
        caller = Caller(only_public=settings.app_env != "development")
        self.shop_bot = ShopBot.from_settings(settings, caller)
        self._support = Support.from_settings(settings)
        self._desk = Desk(db, bot_id=telegram.bot_id, settings=settings, caller=caller)

    def create_invoice(
        self, *, purchase_id: str, owner: str, order: Order, request_id: str, address: str
    ) -> Transition:
        """Make a purchase `pending` or reuse it, and see that it has Telegram's link.

        The row is committed before Telegram is asked.
        """
        transition = purchases.create_invoice(
            self._db,
            purchase_id=purchase_id,
            owner=owner,
            mode=self.mode,
            order=order,
            request_id=request_id,
        )
        purchase = transition.purchase
        if purchase["status"] != "pending":
            return transition
        purchase["pay_url"] = invoices.link(self._db, self.telegram, purchase=purchase)
        return replace(transition, purchase=purchase)

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
        """Return the purchase as Telegram's webhook has left it. Callers complete nothing (G24)."""
        purchase = purchases.confirm_purchase(
            self._db, purchase_id=purchase_id, owner=owner, mode=self.mode, order=order
        )
        return Transition(purchase=purchase)

    def accept_update(self, *, secret: str, body: bytes, request_id: str) -> UpdateAnswer:
        """Keep an update of Telegram's, handle it, and answer it.

        Raises:
            Unauthorized: the secret is missing or wrong.
            InvalidJson: the body is not JSON.
            Busy, DatabaseUnavailable: it is not handled. Telegram sends it again.

        """
        self._admit_telegram(secret)
        update = _parse(body)
        if isinstance(update, PreCheckoutQuery | MalformedQuery):
            return self._desk.answer(update, request_id)
        support = self._answer_question(update)
        outcome = inbox.take(
            self._db,
            bot_id=self.telegram.bot_id,
            update=update,
            request_id=request_id,
            passes_on=self.shop_bot is not None,
        )
        if support is None or outcome is Reception.REPEATED:
            return UpdateAnswer(status=200)
        return UpdateAnswer(status=200, document=support)

    def take_relayed(self, *, body: bytes, request_id: str) -> Json | None:
        """Keep an update that the shop's own bot relays, handle it, and return what answers it."""
        update = _parse(body)
        if isinstance(update, PreCheckoutQuery | MalformedQuery):
            return self._desk.answer_relayed(update, request_id)
        inbox.take(self._db, bot_id=self.telegram.bot_id, update=update, request_id=request_id)
        return None

    def poll_after(self, purchase: Purchase) -> int | None:
        """Return POLL_AFTER for a pending purchase."""
        return POLL_AFTER if purchase["status"] == "pending" else None

    def reconcile(self, *, request_id: str, repair: bool = False) -> Report:
        """Do all that is left to do, and look for what stops sales: as reconcile.reconcile."""
        return reconcile.reconcile(
            self._db, self.telegram, rules=self._rules, request_id=request_id, repair=repair
        )

    def health(self) -> tuple[HealthCheck, ...]:
        """Return what the last reconciliation found of what stops sales."""
        return health.latest(self._db, bot_id=self.telegram.bot_id)

    def operator_actions(self, purchase: Purchase) -> tuple[str, ...]:
        """Return what may be done to a live purchase that succeeded."""
        if purchase["mode"] != self.mode or purchase["status"] != "succeeded":
            return ()
        if purchase["subscription_period"] is not None:
            return ("refund", *RENEWALS)
        return ("refund",)

    def act(self, action: str, *, purchase_id: str, request_id: str, address: str) -> None:
        """Give the Stars of a purchase back, or end or allow the renewals of its subscription."""
        if action in RENEWALS:
            self.edit_subscription(
                purchase_id=purchase_id,
                owner=ANYBODY,
                is_canceled=RENEWALS[action],
                requested_by="shop",
                request_id=request_id,
            )
            return
        if action != "refund":
            super().act(action, purchase_id=purchase_id, request_id=request_id, address=address)
        self.refund(purchase_id=purchase_id, request_id=request_id)

    def refund(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Give the Stars of a live purchase back."""
        purchases.get(self._db, purchase_id=purchase_id, owner=ANYBODY, mode=self.mode)
        return refunds.refund_purchase(
            self._db, self.telegram, purchase_id=purchase_id, request_id=request_id
        )

    def edit_subscription(
        self,
        *,
        purchase_id: str,
        owner: Owner,
        is_canceled: bool,
        requested_by: EditedBy,
        request_id: str,
    ) -> Subscription:
        """Have Telegram end the renewals of a subscription, or allow its user to go on."""
        return cancellations.edit(
            self._db,
            self.telegram,
            purchase_id=purchase_id,
            owner=owner,
            is_canceled=is_canceled,
            requested_by=requested_by,
            request_id=request_id,
        )

    def refund_subscription(
        self, *, purchase_id: str, charge_id: str, request_id: str
    ) -> Subscription:
        """Give one payment of a subscription back."""
        subscriptions.get(self._db, purchase_id=purchase_id, owner=ANYBODY, mode=self.mode)
        refunds.refund_charge(
            self._db,
            self.telegram,
            purchase_id=purchase_id,
            charge_id=charge_id,
            request_id=request_id,
        )
        return subscriptions.get(self._db, purchase_id=purchase_id, owner=ANYBODY)

    def charges_of(self, purchase_id: str) -> list[ChargeShown]:
        """Return what was paid for a purchase, oldest first."""
        return charges.find(self._db, purchase_id=purchase_id)

    def _answer_question(self, update: Update) -> Json | None:
        """Return the call that answers a user's question, None if none is asked of us.

        Before the update is taken: what cannot be answered now, Telegram sends again.
        """
        question = question_in(update)
        if question is None or self._support is None:
            return None
        return self._support.answer(self._db, question)

    def _admit_telegram(self, secret: str) -> None:
        """Let in whoever knows the secret that only Telegram was told.

        https://core.telegram.org/bots/api#setwebhook
        """
        expected = self.webhook.secret
        if not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
            raise Unauthorized(
                "This is for Telegram, which knows the secret.", challenge="Telegram"
            )


def _parse(body: bytes) -> Update:
    try:
        return parse_update(body.decode())
    except ValueError:
        raise InvalidJson from None
