"""L5: the webhook keeps nothing without the secret, and everything with it."""

import hmac
import json
from typing import Any

import pytest
from harness.constants import API, LIVE
from harness.live import SECRET_HEADER, Buyer, Shop
from harness.types import MakeApp
from harness.updates import checkout, message, new_id


def kept(shop: Shop) -> list[int]:
    """How many rows there are of whatever an update may write."""
    return [shop.count(table) for table in ("telegram_updates", "charges", "events")]


@pytest.mark.parametrize("secret", [None, "", "x", "w" * 31, "w" * 33, "W" * 32, "w" * 31 + "Ã©"])
def test_l5_without_the_secret_nothing_is_even_kept(
    shop: Shop, buyer: Buyer, secret: str | None
) -> None:
    """From Telegram's own address, and with a buyer's launch data, it is refused as well."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    before = kept(shop)
    disguise = {"X-Forwarded-For": "149.154.167.220", **buyer.headers}

    for update in (
        message(buyer.id, purchase_id, "forged"),
        checkout(buyer.id, purchase_id),
        b"nonsense",
        b"",
    ):
        refused = shop.update(update, secret=secret, **disguise)
        assert refused.status_code == 401
        assert refused.json()["error"] == "unauthorized"
    assert kept(shop) == before
    assert buyer.status(purchase_id) == "pending"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every pair that is compared in constant time."""
    pairs: list[Any] = []

    def compare(one: Any, other: Any) -> bool:
        pairs.append((one, other))
        return bool(one == other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    return pairs


@pytest.mark.parametrize("sent", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "None"}])
def test_l5_the_secret_is_compared_in_constant_time(
    make_app: MakeApp, compared: list[Any], sent: dict[str, str]
) -> None:
    client = make_app(**LIVE).test_client()
    refused = client.post(f"{API}/webhook", json={"update_id": 1}, headers=sent)

    assert refused.status_code == 401
    assert len(compared) == 1


@pytest.mark.parametrize("unset", [None, ""])
@pytest.mark.parametrize("sent", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "None"}])
def test_l5_without_a_secret_of_its_own_it_believes_nobody(
    make_app: MakeApp, unset: str | None, sent: dict[str, str]
) -> None:
    client = make_app(**LIVE | {"telegram_webhook_secret": unset}).test_client()

    assert client.post(f"{API}/webhook", json={"update_id": 1}, headers=sent).status_code == 401


OUTCOME_OF = "SELECT outcome FROM telegram_updates WHERE body = %s"
BY_NUMBER = "SELECT outcome, body FROM telegram_updates WHERE update_id = %s"
BROKEN = {
    "no object": b"[1]",
    "a number": b"5",
    "no number": b'{"update_id": "7", "message": {}}',
    "empty": b"{}",
    "a huge number": b'{"update_id": 99999999999999999999999999}',
    "thousands of digits": b'{"update_id": ' + b"9" * 5000 + b"}",
    "negative": b'{"update_id": -1}',
    "true": b'{"update_id": true}',
    "fraction": b'{"update_id": 1.5}',
    "null": b"null",
    "deep": b'{"update_id": 1, "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "surrogate": b'{"x": "\\ud800\\u0000"}',
    "message": b'{"update_id": 77, "message": 5}',
    "key twice": b'{"update_id": -2, "update_id": -3}',
    "payment": b'{"update_id": 78, "message": {"successful_payment": 5}}',
    "checkout": b'{"update_id": 79, "pre_checkout_query": 5}',
    "large": b'{"update_id": -4, "message": {"text": "' + b"x" * 200_000 + b'"}}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_l5_a_broken_update_is_kept_as_it_came_and_blocks_nobody(shop: Shop, body: bytes) -> None:
    accepted = shop.update(body)

    assert accepted.status_code == 200
    found = shop.sql.execute(OUTCOME_OF, [body.decode()]).fetchone()
    assert found in [("malformed",), ("ignored",)]


def test_l5_a_broken_pre_checkout_is_declined(shop: Shop) -> None:
    assert shop.update(BROKEN["checkout"]).json()["ok"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"nonsense", 400),
        (b'{"update_id": 1', 400),
        (b"\xff", 400),
        (b'{"x": "\0"}', 400),
        (b'{"x": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_l5_what_is_no_update_at_all_is_refused(shop: Shop, body: bytes, status: int) -> None:
    before = kept(shop)
    assert shop.update(body).status_code == status
    assert kept(shop) == before


def test_l5_other_updates_are_kept_and_ignored(shop: Shop) -> None:
    update = {
        "update_id": 5_000_000,
        "message": {"message_id": 1, "chat": {"id": 1}, "text": "[" * 4000},
    }
    for _ in range(2):
        assert shop.update(update).json() == {"status": "accepted"}

    rows = shop.sql.execute(BY_NUMBER, [update["update_id"]]).fetchall()
    assert rows == [("ignored", json.dumps(update))]
