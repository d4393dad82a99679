"""S3: every transaction is named for what it is; an affiliate's share is no wrong amount."""

import pytest
from harness.live import Shop
from harness.reconciling import reconcile_to_the_end
from harness.updates import new_id

NAMED = (
    "paid_media",
    "gift",
    "premium",
    "business_transfer",
    "chat_gift",
    "affiliate_program",
    "fragment",
    "ads",
    "broadcasts",
)
UNNAMED = {
    "other": "came in, and no purchase explains it",
    "other_out": "went out, and no purchase explains it",
    "unknown": "came in, and no purchase explains it",
}
WITHDRAWALS = """
    SELECT body #>> '{receiver,withdrawal_state,type}' FROM star_transactions
    WHERE transaction_kind(body) = 'withdrawal' AND NOT incoming
    ORDER BY position
"""


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """The shop after a first live purchase: what came before would be no mystery."""
    buyer = shop.buyer()
    buyer.pay(buyer.link(new_id()))
    return shop


@pytest.mark.parametrize("kind", NAMED)
def test_s3_what_telegram_names_needs_no_explanation(sold: Shop, kind: str) -> None:
    sold.sim.act("transfer", kind=kind, stars=3, nanostars=7)
    assert sold.reconcile()["unexplained"] == []


@pytest.mark.parametrize("kind", UNNAMED)
def test_s3_what_nobody_names_is_unexplained(sold: Shop, kind: str) -> None:
    moved = sold.sim.act("transfer", kind=kind, stars=3)["transaction"]
    (named,) = sold.reconcile()["unexplained"]
    assert (named["transaction_id"], named["problem"]) == (moved["id"], UNNAMED[kind])
    assert sold.run("telegram", "reconcile").exit_code == 1
    assert sold.run("telegram", "explain", moved["id"], "a test's").exit_code == 0


@pytest.mark.parametrize("succeeded", [True, False])
def test_s3_a_withdrawal_is_followed_to_its_end(sold: Shop, succeeded: bool) -> None:
    sold.sim.act("withdraw", stars=1)
    assert sold.reconcile()["unexplained"] == []
    assert sold.sql.execute(WITHDRAWALS).fetchall()[-1] == ("pending",)
    sold.sim.act("withdrawals", succeeded=succeeded)
    assert sold.reconcile()["unexplained"] == []
    ended = "succeeded" if succeeded else "failed"
    assert sold.sql.execute(WITHDRAWALS).fetchall()[-1] == (ended,)


@pytest.mark.parametrize("is_net", [True, False], ids=["net", "gross"])
@pytest.mark.parametrize("is_told", [True, False], ids=["by update", "by the list alone"])
@pytest.mark.parametrize("per_mille", [1, 125, 999])
def test_s3_what_came_through_an_affiliate_is_the_price(
    shop: Shop, is_net: bool, is_told: bool, per_mille: int
) -> None:
    buyer = shop.buyer()
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.sim.act("settings", list_net=is_net)
    shop.sim.act("affiliate", user=buyer.id, channel="News", commission_per_mille=per_mille)
    if not is_told:
        shop.sim.fault("drop", match={"update": "successful_payment", "user": buyer.id})
    buyer.pay(link)
    shop.sim.quiet()

    assert shop.reconcile()["unexplained"] == []
    assert buyer.status(purchase_id) == "succeeded"
    charged = "SELECT amount, verdict FROM charges WHERE purchase_id = %s"
    assert shop.sql.execute(charged, [purchase_id]).fetchall() == [(50, "settled")]
    assert shop.sim.journal("refund", user=buyer.id) == []


@pytest.mark.parametrize("is_net", [True, False], ids=["net", "gross"])
def test_s3_what_goes_back_through_an_affiliate_is_explained(shop: Shop, is_net: bool) -> None:
    buyer = shop.buyer()
    purchase_id = new_id()
    shop.sim.act("settings", list_net=is_net)
    shop.sim.act("affiliate", user=buyer.id, channel="News", commission_per_mille=125)
    buyer.pay(buyer.link(purchase_id))
    charge = shop.sim.journal("payment", payload=purchase_id)[0]["charge"]
    shop.sim.act("chargeback", charge=charge)

    reconcile_to_the_end(shop)
    assert buyer.status(purchase_id) == "refunded"


def test_s3_another_amount_without_an_affiliate_still_differs(shop: Shop) -> None:
    buyer = shop.buyer()
    purchase_id = new_id()
    buyer.pay(buyer.link(purchase_id))
    shop.reconcile()
    shop.sql.execute(
        "UPDATE star_transactions SET amount = 49 WHERE body #>> '{source,invoice_payload}' = %s",
        [purchase_id],
    )
    (named,) = shop.reconcile()["unexplained"]
    assert named["problem"] == "differs from its charge"
