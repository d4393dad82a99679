"""Front ends on other addresses that may call, and where pay links lead."""

from harness.constants import API, SWORD
from harness.types import MakeApp, Serve


def test_a_front_end_on_another_address_may_call(make_app: MakeApp) -> None:
    client = make_app(cors_origins=("http://localhost:5173", "https://shop.example")).test_client()
    asks = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-user-id, x-request-id, authorization",
    }
    preflight = client.options(API, headers=asks)
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert all(
        name in allowed for name in ("content-type", "x-user-id", "x-request-id", "authorization")
    )

    for headers, status in (({"X-User-Id": "alice"}, 200), ({}, 401)):
        answer = client.post(
            API,
            json={"purchase_id": "p1", **SWORD},
            headers={"Origin": "https://shop.example", **headers},
        )
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert all(
            name in exposed for name in ("Idempotent-Replayed", "Retry-After", "X-Request-Id")
        )


def test_nobody_else_may(make_app: MakeApp) -> None:
    for app, origin in (
        (make_app(cors_origins=("https://shop.example",)), "https://shop.example.evil"),
        (make_app(), "http://localhost:5173"),
    ):
        answer = app.test_client().get("/livez", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers
    everybody = (
        make_app(cors_origins=("*",))
        .test_client()
        .get("/livez", headers={"Origin": "http://any.example"})
    )
    assert everybody.headers["Access-Control-Allow-Origin"] in ("*", "http://any.example")


def test_pay_url_starts_with_the_public_address(make_app: MakeApp) -> None:
    body, headers = {"purchase_id": "p1", **SWORD}, {"X-User-Id": "alice", "Host": "stars.test:81"}
    public = make_app(public_url="https://stars.example/base").test_client()
    assert (
        public.post(f"{API}/invoice", json=body, headers=headers)
        .json["pay_url"]
        .startswith("https://stars.example/base/mock/pay/p1.")
    )
    unset = make_app().test_client()
    assert (
        unset.post(f"{API}/invoice", json=body | {"purchase_id": "p2"}, headers=headers)
        .json["pay_url"]
        .startswith("http://stars.test:81/mock/pay/p2.")
    )


def test_behind_the_platforms_router_pay_url_is_https(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url, APP_ENV="staging", HOST="127.0.0.1")
    caller = served.person("alice")
    caller.headers |= {"Host": "stars.example", "X-Forwarded-Proto": "https"}
    assert caller.invoice("p1").json["pay_url"].startswith("https://stars.example/mock/pay/p1.")
