"""L12: what nothing explains is named; the check finds what is not accounted for."""

from pathlib import Path

import psycopg
import pytest
from harness.live import Shop, open_shop
from harness.reconciling import NOTHING
from harness.updates import message, new_id

ONE_LINE = (
    "settled 0, renewed 0, refused 0, refunded_elsewhere 0, refunds_sent 0, refunds_waiting 0, "
    "updates_handled 0, unexplained 0\n"
)
TAMPERINGS = (
    "UPDATE charges SET verdict = 'wrong_payer' WHERE purchase_id = %(settled)s",
    "UPDATE charges SET amount = 49 WHERE purchase_id = %(settled)s",
    "UPDATE charges SET payer_id = '1' WHERE purchase_id = %(settled)s",
    "UPDATE charges SET refunded_at = now() WHERE purchase_id = %(settled)s",
    "UPDATE charges SET refunded_at = NULL WHERE purchase_id = %(refunded)s",
    "UPDATE purchases SET mode = 'mock' WHERE purchase_id = %(settled)s",
    "DELETE FROM charges WHERE purchase_id = %(settled)s",
    "DELETE FROM charges WHERE purchase_id = %(refunded)s",
    "DELETE FROM refunds WHERE telegram_payment_charge_id = 'c-' || %(refused)s",
    "UPDATE refunds SET done_at = now() WHERE telegram_payment_charge_id = 'c-' || %(refused)s",
    "UPDATE charges SET telegram_payment_charge_id = 'x' WHERE purchase_id = %(settled)s",
    "UPDATE purchases SET status = 'succeeded' WHERE purchase_id = %(refunded)s",
    "UPDATE purchases SET refunded_at = now() WHERE purchase_id = %(settled)s",
    "UPDATE purchases SET payment_refused_at = NULL WHERE purchase_id = %(refused)s",
)
SETTLE_TWICE = """
    UPDATE charges SET verdict = 'settled', purchase_id = %(settled)s
    WHERE purchase_id = %(refused)s
"""
BELONGS_TO = "UPDATE charges SET bot_id = %s WHERE invoice_payload = %s"


def sell_outside(shop: Shop, buyer: int, stars: int, payload: str) -> str:
    """Let the bot sell something that the service knows nothing of; the charge."""
    shop.run("telegram", "webhook", "delete")
    link = shop.sim.link(stars, payload=payload, description="Not ours")
    paying = shop.sim.act("pay", link=link, user=buyer, wait=0)
    query = paying["checkout"]
    shop.sim.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)
    shop.sim.ask("getUpdates", offset=-1)
    shop.sim.ask("getUpdates", offset=2**31 - 1)
    shop.run("telegram", "webhook", "set")
    charges = {paid["checkout"]: paid["charge"] for paid in shop.sim.look("checkouts")}
    return str(charges[query])


def test_l12_a_charge_that_telegram_does_not_list_is_unexplained(robbed_shop: Shop) -> None:
    """Whoever stole the webhook's secret can tell of payments, but not make Telegram list them."""
    shop = robbed_shop
    buyer = shop.buyer()
    purchase_id = new_id()
    charge = f"forged-{purchase_id}"
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge))
    assert charge not in str(shop.reconcile()["unexplained"])  # Telegram may take a while

    shop.sql.execute("UPDATE charges SET recorded_at = recorded_at - interval '11 minutes'")
    run = shop.run("telegram", "reconcile")
    assert run.exit_code == 1
    assert f"{charge}  50 Stars  recorded as paid, and Telegram does not list it" in run.stderr
    shop.sql.execute("UPDATE charges SET recorded_at = clock_timestamp()")


@pytest.fixture
def outside(shop: Shop) -> str:
    """The charge of something that the bot sold outside of the service."""
    buyer = shop.buyer()
    buyer.link(new_id())  # what came in before the first live purchase would be no mystery
    return sell_outside(shop, buyer.id, 77, "of-another-shop")


def test_l12_what_no_purchase_explains_is_named_each_time(shop: Shop, outside: str) -> None:
    for _ in range(2):
        (named,) = shop.reconcile()["unexplained"]
        assert named["transaction_id"] == outside
        assert named["amount"] == 77
        assert named["problem"] == "came in, and no purchase explains it"
    assert shop.run("telegram", "reconcile").exit_code == 1


def test_l12_nobody_gives_away_what_is_not_understood(shop: Shop, outside: str) -> None:
    shop.reconcile()

    recorded = "SELECT count(*) FROM charges WHERE telegram_payment_charge_id = %s"
    assert shop.sql.execute(recorded, [outside]).fetchone() == (0,)
    assert shop.sim.journal("refund", charge=outside) == []


def test_l12_what_no_purchase_explains_is_named_until_somebody_explains_it(
    shop: Shop, outside: str
) -> None:
    shop.reconcile()

    assert shop.run("telegram", "explain", "no-such", "x").exit_code == 1
    assert shop.run("telegram", "explain", outside, "the other shop").exit_code == 0
    assert shop.run("telegram", "reconcile").exit_code == 0


def test_l12_what_went_back_elsewhere_needs_no_explanation(shop: Shop, outside: str) -> None:
    payer = {paid["charge"]: paid["user"] for paid in shop.sim.look("checkouts")}[outside]
    shop.reconcile()
    shop.run("telegram", "explain", outside, "the other shop")
    shop.sim.ask("refundStarPayment", user_id=payer, telegram_payment_charge_id=outside)

    assert shop.reconcile()["unexplained"] == []


def test_l12_what_the_owner_takes_out_and_what_was_before_us_is_no_mystery(
    server: str, tmp_path: Path
) -> None:
    with open_shop(server, tmp_path) as shop:
        buyer = shop.buyer()
        for _ in range(2):
            sell_outside(shop, buyer.id, 500, "years ago")
        shop.sim.act("withdraw", stars=300)
        assert shop.reconcile() == NOTHING

        shop.sql.execute("UPDATE star_transactions SET dated = dated - interval '1 hour'")
        buyer.link(new_id())
        shop.sim.act("withdraw", stars=300)
        assert shop.reconcile() == NOTHING
        assert shop.count("charges") == 0
        assert shop.run("telegram", "reconcile").stdout == ONE_LINE


def test_l12_another_bots_charges_are_left_to_it(robbed_shop: Shop) -> None:
    shop = robbed_shop
    buyer = shop.buyer()
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}", amount=1))

    shop.sql.execute(BELONGS_TO, [999, purchase_id])
    waiting = shop.reconcile()["refunds_waiting"]
    shop.sql.execute(BELONGS_TO, [123456, purchase_id])
    assert shop.reconcile()["refunds_waiting"] == waiting + 1


@pytest.fixture
def told(robbed_shop: Shop) -> dict[str, str]:
    """Three purchases, by what became of their charges."""
    shop = robbed_shop
    buyer = shop.buyer()
    ids = {name: new_id() for name in ("settled", "refused", "refunded")}
    for name, purchase_id in ids.items():
        amount = 49 if name == "refused" else 50
        buyer.link(purchase_id)
        shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}", amount=amount))
    refunded = ids["refunded"]
    shop.update(message(buyer.id, refunded, f"c-{refunded}", kind="refunded_payment"))
    assert shop.run("db", "check").exit_code == 0
    return ids


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_l12_the_check_finds_every_charge_that_is_not_accounted_for(
    robbed_shop: Shop, told: dict[str, str], tampering: str
) -> None:
    with robbed_shop.sql.transaction(force_rollback=True):
        robbed_shop.sql.execute(tampering.encode(), told)
        assert robbed_shop.wrong()


def test_l12_the_database_lets_no_purchase_be_settled_twice(
    robbed_shop: Shop, told: dict[str, str]
) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="charges_settle_once"):
        robbed_shop.sql.execute(SETTLE_TWICE, told)
