"""S4: a user who is forgotten is nowhere any more, and every sum is what it was."""

import itertools
import json
from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.reconciling import kept
from harness.traces import traces
from harness.updates import message, new_id

ids = itertools.count(1_770_000_000_001)
GIVEN_BACK = (
    "UPDATE refunds SET done_at = now() WHERE telegram_payment_charge_id = %s",
    "UPDATE charges SET refunded_at = now() WHERE telegram_payment_charge_id = %s",
)
SUMS = """
    SELECT sum(amount), count(*), count(refunded_at), count(DISTINCT payer_id) FROM charges
"""


@pytest.fixture
def customer(shop: Shop) -> Buyer:
    """Somebody with an id and a name that stand nowhere else, who has bought and complained."""
    customer = shop.buyer()
    known = shop.sim.user(10_000, id=next(ids), first_name="?")
    shop.sim.user(10_000, id=known, first_name=name_of(known), username="quirinus")
    launched = shop.sim.act("launch", user=known, bot="123456")
    customer.id = known
    customer.headers = {"Authorization": f"tma {launched['init_data']}"}
    return customer


def name_of(user_id: int) -> str:
    """A name that nobody else has."""
    return f"Quirinus{user_id % 1000}er"


def history_of(shop: Shop, customer: Buyer) -> dict[str, str]:
    """Let somebody do all that a user can; their purchases, by what became of them."""
    done = {name: new_id() for name in ("kept", "refunded", "open", "twice")}
    shop.sim.write(customer.id, f"Hello, this is {name_of(customer.id)}, {customer.id}")
    customer.pay(
        customer.link(done["kept"], metadata={"who": name_of(customer.id), "id": customer.id})
    )
    customer.pay(customer.link(done["refunded"]))
    customer.link(done["open"])
    customer.pay(customer.link(done["twice"]))
    unpaid = f"c{new_id()}"
    shop.update(message(customer.id, done["twice"], unpaid))
    assert shop.run("purchase", "refund", done["refunded"]).exit_code == 0
    other = shop.buyer()
    shop.sim.act("affiliate", user=other.id, affiliate=customer.id, commission_per_mille=100)
    other.pay(other.link(new_id()))
    shop.sim.quiet()
    # The second payment was never made: Telegram would refuse to give it back.
    for given_back in GIVEN_BACK:
        shop.sql.execute(given_back, [unpaid])
    shop.reconcile()
    return done


def sums(shop: Shop) -> Any:
    return shop.sql.execute(SUMS).fetchone()


def unexplained(shop: Shop, purchase_ids: set[str]) -> list[dict[str, Any]]:
    """What reconciliation names of these purchases."""
    found = shop.reconcile()["unexplained"]
    return [
        one
        for one in found
        if one["body"].get("purchase_id") in purchase_ids
        or one["body"].get("source", {}).get("invoice_payload") in purchase_ids
    ]


def forget(shop: Shop, customer: Buyer) -> str:
    run = shop.run("user", "forget", str(customer.id), "--yes")
    assert run.exit_code == 0, run.stderr
    return run.stdout.strip()


def test_s4_nobody_finds_who_was_forgotten(shop: Shop, customer: Buyer) -> None:
    history_of(shop, customer)
    assert len({trace.partition(":")[0] for trace in traces(shop.sql, str(customer.id))}) >= 5

    pseudonym = forget(shop, customer)

    assert traces(shop.sql, str(customer.id)) == []
    assert traces(shop.sql, name_of(customer.id)) == []
    assert {trace.partition(":")[0] for trace in traces(shop.sql, pseudonym)} == {
        "charges",
        "events",
        "forgotten_users",
        "purchases",
        "star_transactions",
        "telegram_updates",
    }


def test_s4_sums_and_checks_are_what_they_were(shop: Shop, customer: Buyer) -> None:
    done = history_of(shop, customer)
    before = (sums(shop), kept(shop))

    forget(shop, customer)

    assert (sums(shop), kept(shop)) == before
    assert shop.wrong() == []
    assert shop.run("db", "check").exit_code == 0
    assert unexplained(shop, set(done.values())) == []


def test_s4_each_purchase_tells_that_its_user_was_forgotten(shop: Shop, customer: Buyer) -> None:
    done = history_of(shop, customer)
    pseudonym = forget(shop, customer)
    for purchase_id in done.values():
        listed = shop.run("purchase", "events", purchase_id, "--json")
        last = json.loads(listed.stdout)[-1]
        assert last["event_type"] == "purchase_user_forgotten"
        assert last["user_id"] == pseudonym


def test_s4_what_comes_again_changes_nothing(shop: Shop, customer: Buyer) -> None:
    purchase_id = new_id()
    customer.link(purchase_id)
    paid = message(customer.id, purchase_id, f"c{new_id()}")
    shop.update(paid)
    forget(shop, customer)
    before = (sums(shop), shop.count("events"))

    assert shop.update(paid).status_code == 200
    assert customer.get(purchase_id).status_code == 404
    assert customer.invoice(purchase_id).status_code == 409

    assert (sums(shop), shop.count("events")) == before
    assert shop.charges(purchase_id) == [("settled", False)]
    assert traces(shop.sql, str(customer.id)) == []


def test_s4_a_chargeback_is_still_recorded_and_a_refund_refused(
    shop: Shop, customer: Buyer
) -> None:
    done = history_of(shop, customer)
    charge = shop.sim.journal("payment", payload=done["kept"])[0]["charge"]
    forget(shop, customer)

    refused = shop.run("purchase", "refund", done["kept"])
    assert refused.exit_code == 1
    assert "forgotten" in refused.stderr
    shop.sim.act("chargeback", charge=charge)
    shop.reconcile()
    assert shop.charges(done["kept"]) == [("settled", True)]


def test_s4_nobody_is_forgotten_while_something_is_under_way(shop: Shop, customer: Buyer) -> None:
    purchase_id = new_id()
    customer.pay(customer.link(purchase_id))
    shop.sim.fault("500", times=None, match={"method": "refundStarPayment"})
    shop.run("purchase", "refund", purchase_id)

    refused = shop.run("user", "forget", str(customer.id), "--yes")
    assert refused.exit_code == 1
    assert "a refund is still to be made" in refused.stderr
    assert customer.status(purchase_id) == "succeeded"

    shop.clear_faults()
    shop.reconcile()
    forget(shop, customer)
    assert shop.charges(purchase_id) == [("settled", True)]


def test_s4_an_update_that_is_not_handled_is_waited_for(shop: Shop, customer: Buyer) -> None:
    update = message(customer.id, "of-another-shop", f"c{new_id()}")
    shop.sql.execute(
        "INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (123456, %s, %s)",
        [update["update_id"], json.dumps(update)],
    )
    refused = shop.run("user", "forget", str(customer.id), "--yes")
    assert (refused.exit_code, "is not handled" in refused.stderr) == (1, True)
    shop.reconcile()
    forget(shop, customer)
    assert traces(shop.sql, str(customer.id)) == []


def test_s4_everything_is_exported(shop: Shop, customer: Buyer) -> None:
    done = history_of(shop, customer)
    run = shop.run("user", "export", str(customer.id))
    found = json.loads(run.stdout)
    assert {row["purchase_id"] for row in found["purchases"]} == set(done.values())
    assert len(found["charges"]) == 4
    assert name_of(customer.id) in json.dumps(found["telegram_updates"])
    partners = [one.get("source", {}) for one in found["star_transactions"]]
    assert any("affiliate" in partner for partner in partners)
    forget(shop, customer)
    gone = shop.run("user", "export", str(customer.id))
    assert (gone.exit_code, gone.stdout) == (1, "")
