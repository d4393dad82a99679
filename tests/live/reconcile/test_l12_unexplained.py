"""L12: what nothing explains is named; the check finds what is not accounted for."""

from typing import Any

import pytest
from harness.live import Shop, open_shop
from harness.reconciling import NOTHING
from harness.updates import message, new_id


def test_l12_a_charge_that_telegram_does_not_list_is_unexplained(robbed_shop: Shop) -> None:
    """Whoever stole the webhook's secret can tell of payments, but not make Telegram list them."""
    buyer, purchase_id = robbed_shop.buyer(), new_id()
    buyer.link(purchase_id)
    charge = f"forged-{purchase_id}"
    robbed_shop.update(message(buyer.id, purchase_id, charge))
    assert charge not in str(robbed_shop.reconcile()["unexplained"])  # Telegram may take a while
    robbed_shop.sql.execute("UPDATE charges SET recorded_at = recorded_at - interval '11 minutes'")
    run = robbed_shop.run("telegram", "reconcile")
    assert run.exit_code == 1
    assert f"{charge}  50 Stars  recorded as paid, and Telegram does not list it" in run.stderr
    robbed_shop.sql.execute("UPDATE charges SET recorded_at = clock_timestamp()")


def test_l12_what_no_purchase_explains_is_named_until_somebody_explains_it(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.link(new_id())  # what came in before the first live purchase would be no mystery
    link = shop.sim.link(77, payload="of-another-shop", description="Not ours")
    shop.sim.ask("deleteWebhook")  # so that the bot's other business answers for itself
    paying = shop.sim.act("pay", link=link, user=buyer.id, wait=0)
    shop.sim.ask("answerPreCheckoutQuery", pre_checkout_query_id=paying["checkout"], ok=True)
    charge = next(
        one["charge"] for one in shop.sim.look("checkouts") if one["checkout"] == paying["checkout"]
    )
    shop.sim.ask("getUpdates", offset=-1)
    shop.sim.ask("getUpdates", offset=2**31 - 1)
    shop.run("telegram", "webhook", "set")

    for _ in range(2):
        found = shop.reconcile()["unexplained"]
        assert [(one["transaction_id"], one["amount"], one["problem"]) for one in found] == [
            (charge, 77, "came in, and no purchase explains it")
        ]
    assert shop.run("telegram", "reconcile").exit_code == 1
    assert (buyer.stars(), shop.charges("of-another-shop")) == (
        10_000 - 77,
        [],
    )  # nobody gives away what is not understood
    assert shop.run("telegram", "explain", "no-such", "x").exit_code == 1
    assert shop.run("telegram", "explain", charge, "the other shop").exit_code == 0
    assert shop.run("telegram", "reconcile").exit_code == 0
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    assert shop.reconcile()["unexplained"] == []


def test_l12_what_the_owner_takes_out_and_what_was_before_us_is_no_mystery(
    server: str, tmp_path: Any
) -> None:
    with open_shop(server, tmp_path) as shop:
        shop.run("telegram", "webhook", "delete")
        buyer = shop.buyer()
        for _ in range(2):
            paying = shop.sim.act(
                "pay", link=shop.sim.link(500, payload="years ago"), user=buyer.id, wait=0
            )
            shop.sim.ask(
                "answerPreCheckoutQuery", pre_checkout_query_id=paying["checkout"], ok=True
            )
        shop.sim.ask("getUpdates", offset=-1)
        shop.sim.ask("getUpdates", offset=2**31 - 1)
        shop.run("telegram", "webhook", "set")
        shop.sim.act("withdraw", stars=300)
        shop.sql.execute("UPDATE star_transactions SET dated = dated")
        assert shop.reconcile() == NOTHING
        shop.sql.execute("UPDATE star_transactions SET dated = dated - interval '1 hour'")
        buyer.link(new_id())
        shop.sim.act("withdraw", stars=300)
        assert shop.reconcile() == NOTHING
        assert shop.count("charges") == 0
        one_line = shop.run("telegram", "reconcile").stdout
        assert one_line == (
            "settled 0, refused 0, refunded_elsewhere 0, refunds_sent 0, refunds_waiting 0, "
            "updates_handled 0, unexplained 0\n"
        )


def test_l12_another_bots_charges_are_left_to_it(robbed_shop: Shop) -> None:
    buyer, purchase_id = robbed_shop.buyer(), new_id()
    buyer.link(purchase_id)
    robbed_shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}", amount=1))
    robbed_shop.sql.execute(
        "UPDATE charges SET bot_id = 999 WHERE invoice_payload = %s", [purchase_id]
    )
    waiting = robbed_shop.reconcile()["refunds_waiting"]
    robbed_shop.sql.execute(
        "UPDATE charges SET bot_id = 123456 WHERE invoice_payload = %s", [purchase_id]
    )
    assert robbed_shop.reconcile()["refunds_waiting"] == waiting + 1


def test_l12_the_check_finds_every_charge_that_is_not_accounted_for(robbed_shop: Shop) -> None:
    buyer, settled, refused, refunded = robbed_shop.buyer(), new_id(), new_id(), new_id()
    for purchase_id, amount in ((settled, 50), (refused, 49), (refunded, 50)):
        buyer.link(purchase_id)
        robbed_shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}", amount=amount))
    robbed_shop.update(message(buyer.id, refunded, f"c-{refunded}", kind="refunded_payment"))
    assert robbed_shop.run("db", "check").exit_code == 0
    tamperings = [
        f"UPDATE charges SET verdict = 'wrong_payer' WHERE purchase_id = '{settled}'",
        f"UPDATE charges SET amount = 49 WHERE purchase_id = '{settled}'",
        f"UPDATE charges SET payer_id = '1' WHERE purchase_id = '{settled}'",
        f"UPDATE charges SET refunded_at = now() WHERE purchase_id = '{settled}'",
        f"UPDATE charges SET refunded_at = NULL WHERE purchase_id = '{refunded}'",
        f"UPDATE purchases SET mode = 'mock' WHERE purchase_id = '{settled}'",
        f"DELETE FROM charges WHERE purchase_id = '{settled}'",
        f"DELETE FROM charges WHERE purchase_id = '{refunded}'",
        f"DELETE FROM refunds WHERE telegram_payment_charge_id = 'c-{refused}'",
        f"UPDATE refunds SET done_at = now() WHERE telegram_payment_charge_id = 'c-{refused}'",
        f"UPDATE charges SET telegram_payment_charge_id = 'x' WHERE purchase_id = '{settled}'",
        f"UPDATE purchases SET status = 'succeeded' WHERE purchase_id = '{refunded}'",
        f"UPDATE purchases SET refunded_at = now() WHERE purchase_id = '{settled}'",
        f"UPDATE purchases SET payment_refused_at = NULL WHERE purchase_id = '{refused}'",
    ]
    for tampering in tamperings:
        with robbed_shop.sql.transaction(force_rollback=True):
            robbed_shop.sql.execute(tampering.encode())
            assert robbed_shop.wrong(), tampering
    twice = f"UPDATE charges SET verdict = 'settled', purchase_id = '{settled}' WHERE purchase_id = '{refused}'"
    with pytest.raises(Exception, match="charges_settle_once"):
        robbed_shop.sql.execute(twice.encode())
