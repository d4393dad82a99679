"""Payments in mock mode: nobody pays, and each ends as the caller or the tester wants it to."""

import time
from dataclasses import replace
from typing import ClassVar

from stars.database.pool import Database
from stars.domain import purchases
from stars.domain.payments import OutcomeName, Payments, Steering
from stars.domain.subscriptions import EditedBy, Subscription
from stars.domain.types import ANYBODY, Mode, Order, Owner, Purchase, Transition
from stars.errors import AnswerLost, PurchaseNotFound
from stars.mock import links, outcomes, subscriptions
from stars.mock.subscriptions import Act

ACTIONS: dict[str, tuple[str, ...]] = {
    "pending": ("complete", "fail"),
    "failed": ("complete", "reopen"),
    "succeeded": ("fail",),
}
"""What an operator may do to a purchase, by its status."""

PLAYED: dict[str, Act] = {
    "renew": "renew",
    "fail_renewal": "fail",
    "cancel_renewals": "cancel",
    "resume_renewals": "resume",
    "expire": "expire",
}
"""What an operator may do to the subscription of a purchase."""


class MockPayments(Payments):
    """The mock. Whoever has a pay link of it may act on that purchase.

    With `like_telegrams` its links look like Telegram's.
    """

    mode: ClassVar[Mode] = "mock"
    steerable: ClassVar[bool] = True

    def __init__(self, db: Database, *, like_telegrams: bool = False) -> None:
        self._db = db
        self._like_telegrams = like_telegrams

    def create_invoice(
        self, *, purchase_id: str, owner: str, order: Order, request_id: str, address: str
    ) -> Transition:
        """Make a purchase `pending`, or reuse it. Its link leads to the payment sheet."""
        return self._create_invoice(purchase_id, owner, order, request_id, address)

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
        """Let the payment end as steered; else as an outcome armed for it says; else well.

        A delay is waited before anything is done. One that the caller asks for comes in place of
        the armed outcome's own.
        """
        steering = steering or Steering()
        if steering.delay:
            time.sleep(steering.delay)
        outcome = steering.outcome
        if outcome is None:
            done = outcomes.complete_unless_armed(
                self._db, purchase_id=purchase_id, owner=owner, order=order, request_id=request_id
            )
            if isinstance(done, Transition):
                return done
            outcome = done.outcome
            if steering.delay is None:
                time.sleep(done.delay)
        return self._end(outcome, purchase_id, owner, order, request_id, address)

    def mark_failed(self, *, purchase_id: str, request_id: str) -> Purchase:
        """Mark a purchase failed, whoever owns it."""
        purchases.get(self._db, purchase_id=purchase_id, owner=ANYBODY, mode=self.mode)
        transition = purchases.mark_failed_by_operator(
            self._db, purchase_id=purchase_id, request_id=request_id
        )
        return transition.purchase

    def edit_subscription(
        self,
        *,
        purchase_id: str,
        owner: Owner,
        is_canceled: bool,
        requested_by: EditedBy,
        request_id: str,
    ) -> Subscription:
        """End the renewals of a subscription, or allow its user to go on: it is done at once."""
        return subscriptions.stop(
            self._db,
            purchase_id=purchase_id,
            owner=owner,
            is_canceled=is_canceled,
            requested_by=requested_by,
            request_id=request_id,
        )

    def operator_actions(self, purchase: Purchase) -> tuple[str, ...]:
        """Return what may be done to a purchase of the mock; to a live one, nothing."""
        if purchase["mode"] != self.mode:
            return ()
        actions = ACTIONS.get(purchase["status"], ())
        if purchase["subscription_period"] is not None and purchase["status"] == "succeeded":
            return (*PLAYED, *actions)
        return actions

    def act(self, action: str, *, purchase_id: str, request_id: str, address: str) -> None:
        """Complete, fail or reopen a purchase, whoever owns it, or act on its subscription."""
        if action in PLAYED:
            subscriptions.play(
                self._db, purchase_id=purchase_id, act=PLAYED[action], request_id=request_id
            )
            return
        match action:
            case "complete":
                purchases.complete_purchase(
                    self._db,
                    purchase_id=purchase_id,
                    owner=ANYBODY,
                    order=Order(),
                    request_id=request_id,
                )
            case "fail":
                self.mark_failed(purchase_id=purchase_id, request_id=request_id)
            case "reopen":
                self._create_invoice(purchase_id, ANYBODY, Order(), request_id, address)
            case _:
                super().act(action, purchase_id=purchase_id, request_id=request_id, address=address)

    def end_by_link(self, outcome: str, *, purchase_id: str, request_id: str) -> None:
        """Do what a button of the sheet does: `paid` completes, `failed` fails, others nothing.

        Raises as domain.purchases.complete_purchase.
        """
        if outcome == "paid":
            purchases.complete_purchase(
                self._db,
                purchase_id=purchase_id,
                owner=ANYBODY,
                order=Order(),
                request_id=request_id,
            )
        elif outcome == "failed":
            purchases.fail_payment(
                self._db,
                purchase_id=purchase_id,
                owner=ANYBODY,
                order=Order(),
                request_id=request_id,
            )

    def _create_invoice(
        self, purchase_id: str, owner: Owner, order: Order, request_id: str, address: str
    ) -> Transition:
        links_at = links.TELEGRAM if self._like_telegrams else address
        transition = purchases.create_invoice(
            self._db,
            purchase_id=purchase_id,
            owner=owner,
            mode=self.mode,
            order=order,
            request_id=request_id,
            pay_url=links.new_pay_url(purchase_id, links_at),
        )
        purchase = links.keep_current(self._db, purchase=transition.purchase, address=links_at)
        if purchase is transition.purchase:
            return transition
        return replace(transition, purchase=purchase)

    def _end(
        self,
        outcome: OutcomeName,
        purchase_id: str,
        owner: str,
        order: Order,
        request_id: str,
        address: str,
    ) -> Transition:
        """Let the payment end as `outcome` says."""
        if outcome in ("paid", "lost"):
            transition = purchases.complete_purchase(
                self._db, purchase_id=purchase_id, owner=owner, order=order, request_id=request_id
            )
            if outcome == "lost" and not transition.is_replay:
                raise AnswerLost
            return transition
        try:
            return self._end_unpaid(outcome, purchase_id, owner, order, request_id)
        except PurchaseNotFound:
            # It has to be there before it can fail or stay pending.
            self._create_invoice(purchase_id, owner, order, request_id, address)
            return self._end_unpaid(outcome, purchase_id, owner, order, request_id)

    def _end_unpaid(
        self,
        outcome: OutcomeName,
        purchase_id: str,
        owner: str,
        order: Order,
        request_id: str,
    ) -> Transition:
        """Let the payment of a purchase that exists fail, or leave it as it is."""
        if outcome == "failed":
            return purchases.fail_payment(
                self._db, purchase_id=purchase_id, owner=owner, order=order, request_id=request_id
            )
        purchase = purchases.confirm_purchase(
            self._db, purchase_id=purchase_id, owner=owner, mode=self.mode, order=order
        )
        return Transition(purchase=purchase, is_replay=True)
