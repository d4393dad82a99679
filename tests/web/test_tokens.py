"""G23 with the shop's own tokens: who is let in by a JWT, and who is not."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from harness.constants import API, BOT_TOKEN, SWORD, WEBHOOK_SECRET
from harness.key_server import KeyServer, key_server
from harness.waiting import together

from stars.web.callers import key_set

SECRET = "the shop's session secret, 40 bytes long".replace(" ", "-")
LIVE = {"mode": "live", "telegram_bot_token": BOT_TOKEN, "telegram_webhook_secret": WEBHOOK_SECRET}
MODES = [{"mode": "mock"}, LIVE]


@pytest.fixture
def keys() -> Iterator[KeyServer]:
    with key_server() as served:
        served.add_key("first")
        yield served


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token of alice's; a claim that is None is left out.

    It lasts longer than any run: some are made when the tests are collected.
    """
    said = {"sub": "alice", "exp": time.time() + 24 * 3600} | claims
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, secret, algorithm)


def get(app: Any, credentials: str, **headers: str) -> Any:
    """Ask for an unknown purchase: 404 for whoever is let in."""
    sent = {"Authorization": f"Bearer {credentials}", **headers}
    return app.test_client().get(f"{API}/unknown", headers=sent)


@pytest.mark.parametrize("mode", MODES, ids=["mock", "live"])
def test_g23_a_token_of_the_shop_is_taken_in_both_modes(
    make_app: Callable[..., Any], mode: dict[str, Any]
) -> None:
    app = make_app(**mode, auth_jwt_secret=SECRET)
    assert get(app, token()).status_code == 404
    assert get(app, token(), **{"X-User-Id": "alice"}).status_code == 404
    assert get(app, token(exp=time.time() - 30)).status_code == 404  # a clock may be a bit off


def test_g23_the_claim_names_the_user(make_app: Callable[..., Any]) -> None:
    app = make_app(auth_jwt_secret=SECRET, auth_jwt_user_claim="player_id")
    headers = {"Authorization": f"Bearer {token(sub=7, player_id=1001)}"}
    bought = app.test_client().post(API, json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert (bought.status_code, bought.json["user_id"]) == (200, "1001")


REFUSED = {
    "nothing": ("", "no JSON Web Token"),
    "words": ("hello", "no JSON Web Token"),
    "another secret": (token(secret="x" * 40), "signature"),
    "expired": (token(exp=time.time() - 120), "expired"),
    "no end": (token(exp=None), "lacks a claim"),
    "not yet": (token(nbf=time.time() + 600), "not valid yet"),
    "no algorithm": (jwt.encode({"sub": "alice", "exp": 2**40}, None, "none"), "algorithm"),
    "no user": (token(sub=None), "no user id"),
    "an odd user": (token(sub="a b"), "no user id"),
    "true": (token(sub=True), "no user id"),
}


@pytest.mark.parametrize(("credentials", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_g23_a_token_that_does_not_hold_is_refused_with_its_reason(
    make_app: Callable[..., Any], credentials: str, why: str
) -> None:
    app = make_app(auth_jwt_secret=SECRET)
    refused = get(app, credentials, **{"X-User-Id": "alice"})
    assert (refused.status_code, refused.json["error"]) == (401, "unauthorized")
    assert why in refused.json["detail"]
    assert "Authorization: Bearer <JWT>" in refused.json["detail"]
    assert credentials not in refused.text or not credentials
    assert refused.headers["WWW-Authenticate"] == "tma, Bearer"


def test_g23_a_token_and_a_header_must_name_the_same(make_app: Callable[..., Any]) -> None:
    app = make_app(auth_jwt_secret=SECRET)
    assert get(app, token(), **{"X-User-Id": "bob"}).status_code == 401


def test_g23_issuer_and_audience_are_compared_where_they_are_set(
    make_app: Callable[..., Any],
) -> None:
    named = token(iss="https://id.example", aud=["shop", "other"])
    assert get(make_app(auth_jwt_secret=SECRET), named).status_code == 404

    strict = make_app(
        auth_jwt_secret=SECRET, auth_jwt_issuer="https://id.example", auth_jwt_audience="shop"
    )
    assert get(strict, named).status_code == 404
    for other in (
        token(),
        token(iss="https://id.example"),
        token(iss="https://id.example", aud="other"),
        token(iss="https://evil.example", aud="shop"),
    ):
        assert get(strict, other).status_code == 401


def test_g23_where_no_token_is_read_the_refusal_says_what_is(make_app: Callable[..., Any]) -> None:
    live = get(make_app(**LIVE), token())
    assert live.status_code == 401
    assert "Send Authorization: tma <initData>." in live.json["detail"]
    assert "Bearer <JWT>" not in live.json["detail"]

    off = get(make_app(mode="off"), token())
    assert "AUTH_JWT_SECRET" in off.json["detail"]

    mock = get(make_app(), token(), **{"X-User-Id": "alice"})
    assert mock.status_code == 404  # a staging site may stand behind a token of another's


def test_g23_public_keys_are_fetched_once_and_kept(
    make_app: Callable[..., Any], keys: KeyServer
) -> None:
    app = make_app(**LIVE, auth_jwks_url=keys.address)
    good = keys.token("first")
    asks = [lambda: get(app, good).status_code for _ in range(20)]
    assert together(*asks) == [404] * 20
    assert keys.fetched == 1


def test_g23_an_unknown_key_is_looked_for_once_and_strangers_cannot_have_it_fetched_again(
    make_app: Callable[..., Any], keys: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(**LIVE, auth_jwks_url=keys.address)
    assert get(app, keys.token("first")).status_code == 404
    keys.add_key("second")
    assert get(app, keys.token("second")).status_code == 401  # fetched a moment ago
    monkeypatch.setattr(key_set, "PAUSE", 0)
    assert get(app, keys.token("second")).status_code == 404
    assert keys.fetched == 2

    monkeypatch.undo()
    stranger = ec.generate_private_key(ec.SECP256R1())
    for number in range(20):
        forged = jwt.encode({"sub": "alice"}, stranger, "ES256", {"kid": f"unknown-{number}"})
        assert get(app, forged).status_code == 401
    assert keys.fetched == 2


def test_g23_the_public_key_is_no_secret(make_app: Callable[..., Any], keys: KeyServer) -> None:
    """A token signed with what everybody may know, as if it were the secret, is refused."""
    app = make_app(**LIVE, auth_jwks_url=keys.address)
    public = keys.private_keys["first"].public_key()
    published = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    forged = jwt.encode({"sub": "alice", "exp": 2**40}, published, "HS256", {"kid": "first"})
    assert get(app, forged).status_code == 401


def test_g23_without_the_key_server_known_keys_serve_and_new_ones_are_503(
    make_app: Callable[..., Any], keys: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = make_app(**LIVE, auth_jwks_url=keys.address)
    assert get(known, keys.token("first")).status_code == 404
    keys.broken = True
    monkeypatch.setattr(key_set, "FRESH", 0)
    assert get(known, keys.token("first")).status_code == 404

    refused = get(make_app(**LIVE, auth_jwks_url=keys.address), keys.token("first"))
    assert (refused.status_code, refused.json["error"]) == (503, "identity_unavailable")
    assert refused.headers["Retry-After"] == "5"


@pytest.mark.parametrize("document", [b"no", b"[]", b'{"keys": 1}', b'{"keys": [1, {}]}'])
def test_g23_what_is_no_key_set_opens_nothing(
    make_app: Callable[..., Any], keys: KeyServer, monkeypatch: pytest.MonkeyPatch, document: bytes
) -> None:
    good = keys.token("first")
    monkeypatch.setattr(KeyServer, "document", lambda _: document)
    refused = get(make_app(**LIVE, auth_jwks_url=keys.address), good)
    assert refused.status_code in (401, 503)
