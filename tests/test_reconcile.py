"""L12: reconciliation ends what was left half-way, finds what no webhook told, and names what nothing explains."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness.constants import SWORD
from harness.live import Shop, open_shop
from harness.updates import checkout, message, new_id
from harness.waiting import together

from stars.live import reconcile

NOTHING = {
    "settled": 0,
    "refused": 0,
    "refunded_elsewhere": 0,
    "refunds_sent": 0,
    "refunds_waiting": 0,
    "updates_handled": 0,
    "unexplained": [],
    "telegram": None,
}


@pytest.fixture(scope="module")
def whole_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(server, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def robbed_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One where somebody has the webhook's secret, and tells of payments that never were."""
    with open_shop(server, tmp_path_factory.mktemp("robbed")) as shop:
        yield shop
        assert shop.wrong() == []


@pytest.fixture
def shop(whole_shop: Shop) -> Iterator[Shop]:
    """The shop with nothing left to do. After the test nothing may contradict itself, nor be left."""
    whole_shop.run("telegram", "webhook", "set")  # whatever became of it in a test before
    whole_shop.reconcile()
    yield whole_shop
    whole_shop.clear_faults()
    whole_shop.sql.execute("UPDATE star_transactions SET explanation = 'a test''s'")
    whole_shop.reconcile()
    whole_shop.sim.quiet()
    assert whole_shop.reconcile() == NOTHING
    assert whole_shop.wrong() == []


def kept(shop: Shop) -> int:
    """The Stars of all purchases that succeeded."""
    total = "SELECT COALESCE(sum(price_stars), 0) FROM purchases WHERE mode = 'live' AND status = 'succeeded'"
    return int(shop.sql.execute(total).fetchone()[0])


def test_l12_a_payment_whose_webhook_never_came_is_settled(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("drop", match={"update": "successful_payment", "payload": purchase_id})
    buyer.pay(buyer.link(purchase_id))
    assert buyer.status(purchase_id) == "pending"
    assert shop.reconcile() == NOTHING | {"settled": 1}
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]
    assert shop.reconcile() == NOTHING
    assert shop.sim.balance() == kept(shop)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_payer", "second_payment"])
def test_l12_a_charge_that_does_not_fit_goes_back_once(shop: Shop, fault: str, lost: bool) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    stranger = shop.buyer()
    if lost:
        shop.sim.fault(
            "drop", times=2, match={"update": "successful_payment", "payload": purchase_id}
        )
    if fault == "second_payment":
        shop.sim.fault(fault, match={"payload": purchase_id})
    else:  # it was approved as it should be, and charged otherwise
        value = {"value": stranger.id} if fault == "wrong_payer" else {}
        shop.sim.fault(fault, match={"payload": purchase_id, "stage": "payment"}, **value)
    buyer.pay(buyer.link(purchase_id))
    shop.sim.quiet()
    shop.reconcile()
    shop.sim.quiet()
    assert shop.reconcile() == NOTHING
    assert buyer.stars() + stranger.stars() == (19_950 if fault == "second_payment" else 20_000)
    assert buyer.status(purchase_id) == ("succeeded" if fault == "second_payment" else "pending")
    assert shop.sim.balance() == kept(shop)


def test_l12_a_refund_and_a_chargeback_made_elsewhere_are_marked(shop: Shop) -> None:
    buyer, refunded, charged_back = shop.buyer(), new_id(), new_id()
    charge = buyer.pay(buyer.link(refunded))["charge"]
    shop.sim.fault("drop", match={"update": "refunded_payment", "payload": refunded})
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    shop.sim.act(
        "chargeback", charge=buyer.pay(buyer.link(charged_back))["charge"]
    )  # of this no update tells
    assert [buyer.status(one) for one in (refunded, charged_back)] == ["succeeded", "succeeded"]
    assert shop.reconcile() == NOTHING | {"refunded_elsewhere": 2}
    assert [buyer.status(one) for one in (refunded, charged_back)] == ["refunded", "refunded"]
    assert (buyer.stars(), shop.sim.balance()) == (10_000, kept(shop))


def test_l12_what_went_back_before_anybody_knew_is_not_handed_out(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("drop", match={"update": "successful_payment", "payload": purchase_id})
    shop.sim.act("chargeback", charge=buyer.pay(buyer.link(purchase_id))["charge"])
    assert shop.reconcile() == NOTHING | {"refused": 1}
    assert shop.charges(purchase_id) == [("refunded_first", True)]
    assert "purchase_succeeded" not in buyer.history(purchase_id)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_answer", "times": 3},
        {"kind": "timeout", "times": 3, "seconds": 0},
        {"kind": "500", "times": 3},
        {"kind": "balance_too_low"},
        {"kind": "429", "retry_after": 60},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l12_a_refund_that_was_not_done_is_asked_for_again(
    shop: Shop, fault: dict[str, Any]
) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    buyer.pay(buyer.link(purchase_id))
    shop.sim.fault(**fault, match={"method": "refundStarPayment", "user": buyer.id})
    shop.sim.fault("drop", times=None, match={"update": "refunded_payment", "user": buyer.id})
    first = shop.reconcile()
    assert (first["refunds_sent"], first["refunds_waiting"]) == (0, 1)
    assert (first["telegram"] is None) == (
        fault["kind"] == "balance_too_low"
    )  # a no to one of them is no outage
    assert (
        shop.run("telegram", "reconcile", "--json").stdout.count('"refunds_sent": 0') == 1
    )  # it is not yet due again
    assert shop.reconcile()["refunds_waiting"] == 0
    assert (buyer.stars(), len(shop.sim.journal("refund", payload=purchase_id))) == (10_000, 1)


def test_l12_a_refund_that_telegram_will_not_make_is_named(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.fault("balance_too_low", times=3, match={"user": buyer.id})
    assert [shop.reconcile()["unexplained"] for _ in range(2)] == [[], []]
    (named,) = shop.reconcile()["unexplained"]
    assert (named["transaction_id"], named["problem"]) == (
        charge,
        "is to go back, and Telegram does not do it",
    )
    assert "BALANCE_TOO_LOW" in named["body"]["last_error"]
    assert shop.run("telegram", "reconcile").exit_code == 1
    assert shop.reconcile()["refunds_sent"] == 1
    assert buyer.stars() == 10_000


def test_l12_twice_at_once_it_does_everything_once(shop: Shop) -> None:
    buyer, refused = shop.buyer(), [new_id() for _ in range(4)]
    for purchase_id in refused:
        shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
        buyer.pay(buyer.link(purchase_id))
    missed = [new_id() for _ in range(4)]
    shop.sim.fault("drop", times=4, match={"update": "successful_payment"})
    for purchase_id in missed:
        buyer.pay(buyer.link(purchase_id))
    here = shop.app.extensions["stars"]
    runs = together(
        *[lambda: reconcile.reconcile(here.db, here.payments.telegram, request_id="r")] * 4
    )
    assert sum(run.counts.settled for run in runs) == 4
    assert sum(run.counts.refunds_sent for run in runs) == 4
    assert [run.unexplained for run in runs] == [()] * 4
    assert [len(shop.sim.journal("refund", payload=one)) for one in refused] == [1] * 4
    assert buyer.stars() == 10_000 - 200
    assert shop.sim.balance() == kept(shop)


def test_l12_more_than_a_page_of_transactions_is_read_whatever_breaks_off(shop: Shop) -> None:
    buyer = shop.buyer(1_000_000)
    before = shop.count("star_transactions")
    shop.sim.fault("drop", times=None, match={"update": "successful_payment"})
    link = buyer.link(new_id())
    for _ in range(
        120
    ):  # the same link, again and again: nobody settles the first, so each is approved
        buyer.pay(link)
    shop.sim.fault("500", times=3, match={"method": "getStarTransactions"})
    assert "refused getStarTransactions" in shop.reconcile()["telegram"]
    report = shop.reconcile()
    assert (report["settled"], report["refused"], report["refunds_sent"]) == (1, 119, 119)
    shop.reconcile()
    assert shop.count("star_transactions") - before == 120 + 119
    assert shop.sim.balance() == kept(shop)
    assert buyer.stars() == 1_000_000 - 50


def test_l12_an_update_whose_handling_broke_off_is_handled(robbed_shop: Shop) -> None:
    buyer, purchase_id = robbed_shop.buyer(), new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}")
    robbed_shop.sql.execute(
        "INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (123456, %s, %s)",
        [update["update_id"], json.dumps(update)],
    )
    assert robbed_shop.reconcile()["updates_handled"] == 1
    assert buyer.status(purchase_id) == "succeeded"
    assert robbed_shop.update(update).status_code == 200  # Telegram's own resend
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]


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


def test_l12_a_pre_checkout_is_never_left_unhandled(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    buyer.link(purchase_id, **SWORD)
    for broken in ({}, {"total_amount": "50"}):
        shop.update(checkout(buyer.id, purchase_id, **broken))
    assert shop.sql.execute(
        "SELECT count(*) FROM telegram_updates WHERE handled_at IS NULL"
    ).fetchone() == (0,)
