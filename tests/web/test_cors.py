"""Front ends on other addresses that may call, and where pay links lead."""

import pytest
from harness.constants import API, SWORD
from harness.people import person
from harness.types import MakeApp, Serve

VITE = "http://localhost:5173"
SHOP = "https://shop.example"
ALLOWED = "Access-Control-Allow-Origin"


def test_a_front_end_on_another_address_is_told_that_it_may_call(make_app: MakeApp) -> None:
    client = make_app(cors_origins=(VITE, SHOP)).test_client()
    wanted = ["content-type", "x-user-id", "x-request-id", "authorization"]
    preflight = client.options(
        API,
        headers={
            "Origin": VITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ", ".join(wanted),
        },
    )

    assert preflight.headers[ALLOWED] == VITE
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert [name for name in wanted if name not in allowed] == []


@pytest.mark.parametrize(("headers", "status"), [({"X-User-Id": "alice"}, 200), ({}, 401)])
def test_a_front_end_may_read_answers_and_refusals(
    make_app: MakeApp, headers: dict[str, str], status: int
) -> None:
    client = make_app(cors_origins=(VITE, SHOP)).test_client()
    body = {"purchase_id": "p1", **SWORD}
    answer = client.post(API, json=body, headers={"Origin": SHOP, **headers})

    assert answer.status_code == status
    assert answer.headers[ALLOWED] == SHOP
    exposed = answer.headers["Access-Control-Expose-Headers"]
    for name in ("Idempotent-Replayed", "Retry-After", "X-Request-Id"):
        assert name in exposed


@pytest.mark.parametrize(
    ("origins", "origin"),
    [((SHOP,), f"{SHOP}.evil"), ((), VITE)],
)
def test_nobody_else_may(make_app: MakeApp, origins: tuple[str, ...], origin: str) -> None:
    client = make_app(cors_origins=origins).test_client()
    answer = client.get("/livez", headers={"Origin": origin})

    assert ALLOWED not in answer.headers


def test_everybody_may_if_it_says_so(make_app: MakeApp) -> None:
    client = make_app(cors_origins=("*",)).test_client()
    answer = client.get("/livez", headers={"Origin": SHOP})

    assert answer.headers[ALLOWED] in ("*", SHOP)


@pytest.mark.parametrize(
    ("public_url", "begins"),
    [
        ("https://stars.example/base", "https://stars.example/base/mock/pay/p1."),
        (None, "http://stars.test:81/mock/pay/p1."),
    ],
)
def test_pay_url_starts_with_the_public_address(
    make_app: MakeApp, public_url: str | None, begins: str
) -> None:
    alice = person(make_app(public_url=public_url), "alice")
    alice.headers["Host"] = "stars.test:81"

    assert alice.invoice("p1").json["pay_url"].startswith(begins)


def test_behind_the_platforms_router_pay_url_is_https(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url, APP_ENV="staging", HOST="127.0.0.1")
    alice = served.person("alice")
    alice.headers |= {"Host": "stars.example", "X-Forwarded-Proto": "https"}

    assert alice.invoice("p1").json["pay_url"].startswith("https://stars.example/mock/pay/p1.")
