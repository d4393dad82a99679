"""L5: the webhook keeps nothing without the secret, and everything with it."""

import json
from typing import Any

import pytest
from harness.constants import API, BOT_TOKEN, WEBHOOK_SECRET
from harness.live import Buyer, Shop
from harness.types import MakeApp
from harness.updates import checkout, message, new_id


def count(shop: Shop) -> tuple[int, int, int]:
    return shop.count("telegram_updates"), shop.count("charges"), shop.count("events")


@pytest.mark.parametrize(
    "secret", [None, "", "x", "w" * 31, "w" * 33, "W" * 32, "w" * 31 + "\u00e9"]
)
def test_l5_without_the_secret_nothing_is_even_kept(
    shop: Shop, buyer: Buyer, secret: str | None
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    before = count(shop)
    for update in (
        message(buyer.id, purchase_id, "forged"),
        checkout(buyer.id, purchase_id),
        b"nonsense",
        b"",
    ):
        header = None if secret is None else secret.encode().decode("latin-1")
        refused = shop.update(
            update, secret=header, **{"X-Forwarded-For": "149.154.167.220", **buyer.headers}
        )
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert count(shop) == before
    assert buyer.status(purchase_id) == "pending"


def test_l5_the_secret_is_compared_in_constant_time_and_fails_closed(
    monkeypatch: pytest.MonkeyPatch, url: str, make_app: MakeApp
) -> None:
    import hmac

    compared: list[Any] = []
    monkeypatch.setattr(
        hmac, "compare_digest", lambda *both: compared.append(both) or both[0] == both[1]
    )
    for secret in (WEBHOOK_SECRET, None, ""):
        app = make_app(mode="live", telegram_bot_token=BOT_TOKEN, telegram_webhook_secret=secret)
        for sent in (
            {},
            {"X-Telegram-Bot-Api-Secret-Token": ""},
            {"X-Telegram-Bot-Api-Secret-Token": "None"},
        ):
            assert (
                app.test_client()
                .post(f"{API}/webhook", json={"update_id": 1}, headers=sent)
                .status_code
                == 401
            )
    assert len(compared) == 3


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
    kept = "SELECT outcome FROM telegram_updates WHERE body = %s"
    assert shop.sql.execute(kept, [body.decode()]).fetchone()[0] in ("malformed", "ignored")
    if b"pre_checkout" in body:
        assert accepted.json()["ok"] is False


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
    before = count(shop)
    assert shop.update(body).status_code == status
    assert count(shop) == before


def test_l5_other_updates_are_kept_and_ignored(shop: Shop) -> None:
    update = {
        "update_id": 5_000_000,
        "message": {"message_id": 1, "chat": {"id": 1}, "text": "[" * 4000},
    }
    for _ in range(2):
        assert shop.update(update).json() == {"status": "accepted"}
    kept = "SELECT outcome, body FROM telegram_updates WHERE update_id = 5000000"
    assert shop.sql.execute(kept).fetchall() == [("ignored", json.dumps(update))]
