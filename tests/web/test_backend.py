"""N4 and section 10 of the contract: what the shop's backend asks and does with a key."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import SWORD
from harness.people import Answer, Person
from harness.types import MakeApp

from stars.domain import api_keys
from stars.domain.api_keys import Scope

LIST = "/api/v1/purchases"
FEED = "/api/v1/events"


@pytest.fixture
def reader(app: Flask) -> Backend:
    """A backend that may read."""
    return Backend(app, "read")


@pytest.fixture
def writer(app: Flask) -> Backend:
    """A backend that may write."""
    return Backend(app, "write")


def ids(answer: Answer) -> list[str]:
    """Which purchases an answer lists."""
    assert answer.status_code == 200, answer.json
    return [purchase["purchase_id"] for purchase in answer.json["purchases"]]


def test_the_list_is_of_everybody_newest_first(reader: Backend, alice: Person, bob: Person) -> None:
    alice.invoice("p1")
    bob.invoice("p2")

    answer = reader.get(LIST)

    assert ids(answer) == ["p2", "p1"]
    assert answer.json["after"] is None
    assert answer.json["purchases"][1] == alice.get("p1").json


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_the_list_is_the_same_however_it_is_paged(
    reader: Backend, alice: Person, limit: int
) -> None:
    for number in range(4):
        alice.invoice(f"p{number}")
    seen: list[str] = []
    after = ""
    while after is not None:
        answer = reader.get(f"{LIST}?limit={limit}{after and '&after='}{after}")
        seen += ids(answer)
        after = answer.json["after"] and answer.json["after"].replace("+", "%2B")

    assert seen == ["p3", "p2", "p1", "p0"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user_id=bob", ["p2"]),
        ("status=succeeded", ["p3"]),
        ("item_id=shield", ["p3"]),
        ("purchase_type=boost", ["p3"]),
        ("source=ad", ["p2"]),
        ("channel=push", ["p2"]),
        ("user_id=alice&status=pending", ["p1"]),
        ("since=2999-01-01", []),
        ("until=2001-01-01", []),
        ("user_id=nobody", []),
    ],
)
def test_the_list_is_filtered(
    reader: Backend, alice: Person, bob: Person, query: str, expected: list[str]
) -> None:
    alice.invoice("p1")
    bob.invoice("p2", source="ad", channel="push")
    alice.purchase("p3", item_id="shield", price_stars=5, purchase_type="boost")

    assert ids(reader.get(f"{LIST}?{query}")) == expected


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=%D9%A3",
        "status=lost",
        "after=x",
        "since=soon",
        "user_id=a%20b",
        "colour=red",
        "until=2026-02-31",
    ],
)
def test_a_query_that_cannot_be_answered_says_why(reader: Backend, query: str) -> None:
    refused = reader.get(f"{LIST}?{query}")

    assert (refused.status_code, refused.json["error"]) == (422, "invalid_query")
    assert list(refused.json["errors"]) == [query.partition("=")[0]]


def test_one_purchase_comes_with_its_history_and_its_charges(
    reader: Backend, alice: Person
) -> None:
    alice.invoice("p1")
    alice.purchase("p1")

    answer = reader.get(f"{LIST}/p1")

    assert answer.json == alice.get("p1").json | {"events": alice.events("p1"), "charges": []}
    assert reader.get(f"{LIST}/p2").json["error"] == "purchase_not_found"
    assert reader.get(f"{LIST}/a%20b").json["error"] == "purchase_not_found"


def test_the_feed_is_read_on_from_where_it_ended(reader: Backend, alice: Person) -> None:
    alice.invoice("p1")
    first = reader.get(FEED)
    alice.purchase("p1")
    second = reader.get(f"{FEED}?after={first.json['after']}")

    assert [event["type"] for event in first.json["events"]] == ["purchase.invoice_created"]
    assert [event["type"] for event in second.json["events"]] == ["purchase.succeeded"]
    assert first.headers["Retry-After"] == second.headers["Retry-After"] == "5"


def test_a_part_of_the_feed_that_is_not_its_end_asks_for_no_pause(
    reader: Backend, alice: Person
) -> None:
    alice.invoice("p1")
    alice.purchase("p1")

    page = reader.get(f"{FEED}?limit=1")

    assert len(page.json["events"]) == 1
    assert "Retry-After" not in page.headers


def test_the_feed_shows_the_types_asked_for(reader: Backend, alice: Person) -> None:
    alice.invoice("p1")
    alice.purchase("p1")

    page = reader.get(f"{FEED}?types=purchase.succeeded,purchase.failed")

    assert [event["type"] for event in page.json["events"]] == ["purchase.succeeded"]


@pytest.mark.parametrize(
    "query", ["types=purchase.stolen", "types=", "after=-1", "after=x", "after=", "limit=0"]
)
def test_a_feed_that_cannot_be_read_says_why(reader: Backend, query: str) -> None:
    assert reader.get(f"{FEED}?{query}").json["error"] == "invalid_query"


def test_a_backend_sells_in_a_users_name(writer: Backend, alice: Person) -> None:
    sold = writer.call(
        "POST",
        "/api/v1/purchase/invoice",
        {"purchase_id": "p1", **SWORD},
        **{"X-User-Id": "alice"},
    )

    assert sold.status_code == 201
    assert alice.get("p1").json["user_id"] == "alice"


@pytest.mark.parametrize("name", [None, "", "a b", "x" * 65])
def test_a_backend_has_to_name_the_user(writer: Backend, name: str | None) -> None:
    headers = {} if name is None else {"X-User-Id": name}

    refused = writer.call(
        "POST", "/api/v1/purchase/invoice", {"purchase_id": "p1", **SWORD}, **headers
    )

    assert (refused.status_code, refused.json["error"]) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_backend_marks_a_mock_purchase_failed(writer: Backend, alice: Person) -> None:
    alice.purchase("p1", **SWORD)

    failed = writer.call("POST", f"{LIST}/p1/fail")
    again = writer.call("POST", f"{LIST}/p1/fail")

    assert (failed.status_code, failed.json["status"]) == (200, "failed")
    assert again.json == failed.json
    assert alice.history("p1") == ["purchase_succeeded", "purchase_failed"]
    assert writer.call("POST", f"{LIST}/p2/fail").json["error"] == "purchase_not_found"


def test_a_mock_purchase_is_not_refunded(app: Flask, alice: Person) -> None:
    alice.purchase("p1", **SWORD)

    refused = Backend(app, "refund").call("POST", f"{LIST}/p1/refund")

    assert (refused.status_code, refused.json["error"]) == (400, "live_only")


NEEDS: list[tuple[str, str, set[Scope]]] = [
    ("GET", LIST, {"read"}),
    ("GET", f"{LIST}/p1", {"read"}),
    ("GET", FEED, {"read"}),
    ("POST", f"{LIST}/p1/fail", {"write"}),
    ("POST", f"{LIST}/p1/fulfil", {"write"}),
    ("POST", f"{LIST}/p1/refund", {"refund"}),
    ("POST", "/api/v1/telegram/updates", {"write"}),
    ("POST", "/api/v1/purchase", {"write"}),
    ("POST", "/api/v1/purchase/invoice", {"write"}),
    ("GET", "/api/v1/purchase/p1", {"read", "write"}),
    ("GET", "/api/v1/purchase/p1/events", {"read", "write"}),
]


@pytest.mark.parametrize(("method", "path", "needed"), NEEDS)
@pytest.mark.parametrize("scope", api_keys.SCOPES)
def test_n4_a_key_does_no_more_than_its_scope(
    app: Flask, method: str, path: str, needed: set[Scope], scope: Scope
) -> None:
    answer = Backend(app, scope).call(method, path, **{"X-User-Id": "alice"})

    is_refused = answer.status_code == 403
    assert is_refused == (scope not in needed)
    if is_refused:
        assert answer.json["error"] == "insufficient_scope"


@pytest.mark.parametrize(("method", "path", "needed"), NEEDS)
@pytest.mark.parametrize("kind", ["unknown", "revoked", "other mode", "short", "none"])
def test_n4_without_a_key_that_counts_here_nothing_is_told(
    app: Flask, method: str, path: str, needed: set[Scope], kind: str
) -> None:
    db = app.extensions["stars"].db
    keys: dict[str, Callable[[], str]] = {
        "unknown": lambda: "sk_mock_" + "x" * 43,
        "revoked": lambda: revoked_key(db),
        "other mode": lambda: api_keys.create(
            db, name="live", mode="live", scopes=list(api_keys.SCOPES)
        ),
        "short": lambda: "sk_mock_x",
        "none": lambda: "",
    }
    key = keys[kind]()
    headers = {"Authorization": f"Bearer {key}"} if key else {}

    refused = app.test_client().open(path, method=method, headers=headers)

    assert (refused.status_code, refused.json["error"]) == (401, "unauthorized")
    if key:
        assert key not in refused.text


def revoked_key(db: Any) -> str:
    """A key that was made and revoked."""
    plain_text = api_keys.create(db, name="old", mode="mock", scopes=list(api_keys.SCOPES))
    api_keys.revoke(db, name="old")
    return plain_text


def test_n4_no_page_of_another_site_may_read_what_a_backend_may(
    make_app: MakeApp,
) -> None:
    app = make_app(cors_origins=("https://shop.example",))
    for path in (LIST, f"{LIST}/p1", FEED):
        answer = app.test_client().get(path, headers={"Origin": "https://shop.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
