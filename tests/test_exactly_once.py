"""G1-G12: each purchase happens once, whoever asks for it how often, and its history says so."""

import random
from datetime import datetime
from typing import Any

import psycopg
import pytest
from harness.constants import API, SWORD
from harness.people import Person, person, statuses
from harness.waiting import race, together

from stars.domain import purchases
from stars.errors import PurchaseNotFound


def bodies(answers: list[Any]) -> list[Any]:
    return [answer.json for answer in answers]


def mark_failed(app: Any, purchase_id: str) -> str:
    """What the console does, where threads may do it at once."""
    try:
        purchases.mark_failed_by_operator(
            app.extensions["stars"].db, purchase_id=purchase_id, request_id="console-test"
        )
        return "marked"
    except PurchaseNotFound:
        return "unknown"


def test_g1_an_invoice_twice_is_one_purchase(
    alice: Person, sql: psycopg.Connection[Any], logged: Any
) -> None:
    first, again = alice.invoice("p1"), alice.invoice("p1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (
        first.json
        == again.json
        == {"purchase_id": "p1", "status": "pending", "pay_url": first.json["pay_url"]}
    )
    assert first.json["pay_url"].startswith("http://localhost/mock/pay/p1.")
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert alice.history("p1") == ["purchase_invoice_created"]
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (1,)
    assert [line["message"] for line in logged()] == [
        "purchase_invoice_created",
        "purchase_invoice_reused",
    ]


def test_g2_another_user_gets_a_conflict_that_tells_nothing(
    alice: Person, bob: Person, logged: Any
) -> None:
    alice.invoice("p1", source="secret-source", metadata={"secret": "secret-metadata"})

    for refused, line in (
        (bob.invoice("p1"), "purchase_invoice_user_mismatch"),
        (bob.purchase("p1"), "purchase_user_mismatch"),
        (bob.invoice("p1", price_stars=51), "purchase_invoice_user_mismatch"),
    ):
        assert (refused.status_code, refused.json["error"]) == (409, "purchase_conflict")
        for told in ("alice", "golden-sword", "50", "pending", "secret", "mismatched"):
            assert told not in refused.text.replace(refused.json["request_id"], "")
        warning = logged(line)[-1]
        assert (
            warning["level"],
            warning["user_id"],
            warning["existing_user_id"],
            warning["purchase_id"],
        ) == ("WARNING", "bob", "alice", "p1")
    assert bob.get("p1").json["error"] == "purchase_not_found"
    assert alice.history("p1") == ["purchase_invoice_created"]
    assert alice.get("p1").json["status"] == "pending"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"item_id": "other"}, ["item_id"]),
        ({"price_stars": 51}, ["price_stars"]),
        ({"purchase_type": "boost"}, ["purchase_type"]),
        (
            {"item_id": "other", "price_stars": 51, "purchase_type": "boost"},
            ["item_id", "price_stars", "purchase_type"],
        ),
    ],
)
def test_g3_other_parameters_are_a_conflict_naming_them(
    alice: Person, logged: Any, changed: dict[str, Any], fields: list[str]
) -> None:
    alice.invoice("p1")

    for refused in (alice.invoice("p1", **changed), alice.purchase("p1", **SWORD | changed)):
        assert (refused.status_code, refused.json["error"]) == (409, "purchase_conflict")
        assert refused.json["mismatched"] == fields
    assert [line["mismatched"] for line in logged("purchase_params_mismatch")] == [fields, fields]
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g3_other_metadata_source_or_channel_are_no_conflict_and_the_first_stand(
    alice: Person,
) -> None:
    alice.invoice("p1", metadata={"a": 1}, source="shop", channel="menu")
    again = alice.invoice("p1", metadata={"b": 2}, source="other", channel="other")
    done = alice.purchase("p1", metadata={"c": 3}, source="third")

    assert (again.status_code, done.status_code) == (200, 200)
    assert (done.json["metadata"], done.json["source"], done.json["channel"]) == (
        {"a": 1},
        "shop",
        "menu",
    )


def test_g3_a_purchase_type_left_out_is_no_conflict(alice: Person) -> None:
    alice.invoice("p1", purchase_type="boost")

    assert alice.purchase("p1").json["purchase_type"] == "boost"
    assert alice.purchase("p1", item_id="golden-sword", price_stars=50).status_code == 200


def test_g4_bodies_are_compared_as_values(alice: Person) -> None:
    alice.invoice("p1", metadata={"n": 1})
    spelled = (
        b' { "price_stars" : 100e-2 , "metadata":{ "n" : 1.0 },\n "purchase_type":"cosm\\u0065tic",'
        b' "item_id":"golden-sword", "purchase_id":"p2" } '
    )

    first = alice.invoice("p2", price_stars=1)
    again = alice.post(f"{API}/invoice", spelled)
    assert (first.status_code, again.status_code) == (201, 200)
    assert alice.invoice("p1", price_stars=50.0).status_code == 200
    assert alice.get("p1").json["price_stars"] == 50


def test_g5_a_purchase_needs_no_invoice(alice: Person, logged: Any) -> None:
    done = alice.purchase("p1", **SWORD, metadata={"a": 1})

    assert (done.status_code, done.json["status"], done.json["invoiced_at"]) == (
        200,
        "succeeded",
        None,
    )
    assert "Idempotent-Replayed" not in done.headers
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [(event["version"], event["event_type"]) for event in events] == [
        (1, "purchase_succeeded")
    ]
    assert events[0]["payload"] == {
        "purchase_id": "p1",
        "item_id": "golden-sword",
        "price_stars": 50,
        "purchase_type": "cosmetic",
        "previous_status": None,
        "metadata": {"a": 1},
        "invoice_to_purchase_ms": None,
    }
    assert logged("purchase_succeeded")[0]["previous_status"] is None


def test_g6_completing_many_times_is_one_event_and_equal_answers(
    alice: Person, logged: Any
) -> None:
    alice.invoice("p1")
    answers = [alice.purchase("p1") for _ in range(5)]

    assert bodies(answers) == [answers[0].json] * 5
    assert answers[0].json["status"] == "succeeded"
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None] + [
        "true"
    ] * 4
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]
    assert len(logged("purchase_succeeded")) == 1
    assert len(logged("purchase_succeeded_idempotent")) == 4


def test_g6_the_invoice_of_a_succeeded_purchase_says_succeeded(alice: Person) -> None:
    alice.purchase("p1", **SWORD)

    answer = alice.invoice("p1")
    assert (answer.status_code, answer.json) == (
        200,
        {"purchase_id": "p1", "status": "succeeded", "pay_url": None},
    )


INSERTING = """
    INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, metadata, version,
        created_at, invoiced_at)
    VALUES ('p1', 'somebody', 'shield', 1, 'boost', 'pending', 'mock', '{}', 1, now(), now())"""
LOCKING = "SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE"


@pytest.mark.parametrize("call", ["purchase", "invoice"])
def test_g7_fifty_first_requests_at_once_are_one_purchase(
    app: Any, alice: Person, url: str, call: str
) -> None:
    answers = race(
        url, INSERTING, *[lambda: getattr(person(app, "alice"), call)("p1", **SWORD)] * 50
    )

    assert statuses(answers) == ([200] * 50 if call == "purchase" else [200] * 49 + [201])
    assert bodies(answers) == [answers[0].json] * 50
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert len(alice.history("p1")) == 1


def test_g7_fifty_completions_of_one_invoice_are_one_success(
    app: Any, alice: Person, url: str
) -> None:
    alice.invoice("p1")
    answers = race(url, LOCKING, *[lambda: person(app, "alice").purchase("p1")] * 50)

    assert statuses(answers) == [200] * 50
    assert bodies(answers) == [answers[0].json] * 50
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]


def test_g8_any_mix_at_once_leads_where_its_history_leads(
    app: Any, alice: Person, sql: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for purchase_id in ("p1", "p2"):
        acts = [
            chance.choice(
                [
                    lambda: person(app, "alice").invoice(purchase_id).status_code,
                    lambda: person(app, "alice").purchase(purchase_id, **SWORD).status_code,
                    lambda: mark_failed(app, purchase_id),
                ]
            )
            for _ in range(50)
        ]
        assert set(together(*acts)) <= {200, 201, "marked", "unknown"}
        replayed = None
        leads_to = {"purchase_succeeded": "succeeded", "purchase_failed": "failed"}
        for event_type in alice.history(purchase_id):
            replayed = leads_to.get(event_type, "pending")
        assert sql.execute(
            "SELECT status FROM purchases WHERE purchase_id = %s", [purchase_id]
        ).fetchone() == (replayed,)


@pytest.mark.parametrize("call", ["purchase", "invoice"])
def test_g9_two_users_racing_for_an_id_get_one_owner(app: Any, url: str, call: str) -> None:
    racers = [person(app, name) for name in ("alice", "bob")] * 10
    answers = race(
        url, INSERTING, *(lambda one=one: getattr(one, call)("p1", **SWORD) for one in racers)
    )

    winners = {
        one.name for one, answer in zip(racers, answers, strict=True) if answer.status_code < 300
    }
    losers = {
        one.name for one, answer in zip(racers, answers, strict=True) if answer.status_code == 409
    }
    assert set(statuses(answers)) <= {200, 201, 409}
    assert (len(winners), len(losers)) == (1, 1)
    assert winners.isdisjoint(losers)


def test_g10_a_failed_purchase_can_be_completed(alice: Person, console: Any) -> None:
    alice.invoice("p1")
    console("purchase", "fail", "p1")
    done = alice.purchase("p1")

    assert done.json["status"] == "succeeded"
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [(event["event_type"], event["payload"].get("previous_status")) for event in events] == [
        ("purchase_invoice_created", None),
        ("purchase_failed", "pending"),
        ("purchase_succeeded", "failed"),
    ]


def test_g10_a_failed_purchase_can_be_reopened_by_its_invoice(
    alice: Person, console: Any, logged: Any
) -> None:
    first = alice.invoice("p1")
    console("purchase", "fail", "p1")
    reopened = alice.invoice("p1")

    assert (reopened.status_code, reopened.json) == (200, first.json)
    assert "Idempotent-Replayed" not in reopened.headers
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
    ]
    assert len(logged("purchase_invoice_reopened")) == 1
    alice.purchase("p1")
    event = alice.send("GET", f"{API}/p1/events", alice.headers).json[-1]
    assert event["payload"]["invoice_to_purchase_ms"] < 60_000


def test_g11_failing_twice_is_one_event(alice: Person, console: Any, logged: Any) -> None:
    alice.invoice("p1")
    first, again = console("purchase", "fail", "p1"), console("purchase", "fail", "p1")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "nothing changed" in again.stdout
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_failed"]
    assert [line["previous_status"] for line in logged("purchase_failed")] == ["pending"]


def test_g11_failing_an_unknown_id_is_refused(console: Any) -> None:
    refused = console("purchase", "fail", "nobody-knows")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: There is no purchase nobody-knows.\n"


def test_g12_versions_have_no_gaps_and_time_never_runs_backwards(
    app: Any, alice: Person, console: Any, url: str
) -> None:
    alice.invoice("p1")
    race(
        url,
        LOCKING,
        *[lambda: person(app, "alice").purchase("p1"), lambda: mark_failed(app, "p1")] * 5,
    )
    for _ in range(3):
        alice.invoice("p1")
        console("purchase", "fail", "p1")
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    moments = [datetime.fromisoformat(event["created_at"]) for event in events]
    assert moments == sorted(moments)
    assert len({event["event_id"] for event in events}) == len(events)


def test_g12_a_clock_that_steps_back_does_not_turn_history_round(
    alice: Person, console: Any, sql: psycopg.Connection[Any]
) -> None:
    alice.invoice("p1")
    sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    for table, column in (
        ("purchases", "created_at"),
        ("purchases", "invoiced_at"),
        ("events", "created_at"),
    ):
        sql.execute(f"UPDATE {table} SET {column} = {column} + interval '1 hour'")
    sql.execute("ALTER TABLE events ENABLE TRIGGER events_are_append_only")
    alice.purchase("p1")

    first, second = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert datetime.fromisoformat(second["created_at"]) >= datetime.fromisoformat(
        first["created_at"]
    )


def test_a_look_at_ones_own_purchase(alice: Person) -> None:
    alice.invoice("p1", source="shop")
    done = alice.purchase("p1")

    assert alice.get("p1").json == done.json
    assert list(done.json) == [
        "purchase_id",
        "user_id",
        "item_id",
        "price_stars",
        "purchase_type",
        "status",
        "mode",
        "source",
        "channel",
        "metadata",
        "created_at",
        "invoiced_at",
        "succeeded_at",
        "failed_at",
        "pay_url",
    ]
    assert datetime.fromisoformat(done.json["succeeded_at"]).utcoffset().total_seconds() == 0
    assert alice.get("p2").json["error"] == "purchase_not_found"
    assert alice.get("p%00").json["error"] == "purchase_not_found"


def test_the_funnel_gets_its_milliseconds(alice: Person) -> None:
    invoiced = alice.invoice("p1") and alice.get("p1").json["invoiced_at"]
    done = alice.purchase("p1").json
    took = datetime.fromisoformat(done["succeeded_at"]) - datetime.fromisoformat(invoiced)

    event = alice.send("GET", f"{API}/p1/events", alice.headers).json[-1]
    assert event["payload"]["invoice_to_purchase_ms"] == int(took.total_seconds() * 1000)
