"""F4: what a browser asks before it lets a page of another origin call the service."""

from typing import Any

import pytest
from harness.constants import API
from harness.types import MakeApp

SHOP = "https://shop.example"
TRACING = "baggage,sentry-trace,traceparent,tracestate"


def preflight(app: Any, path: str, headers: str = "x-user-id", origin: str = SHOP) -> Any:
    sent = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }
    return app.test_client().options(path, headers=sent)


def allowed(answer: Any) -> set[str]:
    """Return the headers that a preflight allowed, in small letters."""
    listed = answer.headers.get("Access-Control-Allow-Headers", "").lower()
    return set(listed.split(", ")) - {""}


def test_f4_in_development_whatever_a_page_asks_for_is_allowed(
    make_app: MakeApp,
) -> None:
    app = make_app(cors_origins=(SHOP,))
    asked = f"{TRACING},ngrok-skip-browser-warning,x-user-id"
    assert allowed(preflight(app, API, asked)) == set(asked.split(","))


def test_f4_elsewhere_our_headers_those_of_tracing_and_those_of_cors_headers_are_allowed(
    make_app: MakeApp,
) -> None:
    app = make_app(cors_origins=(SHOP,), cors_headers=("X-Shop",), app_env="staging")
    asked = f"{TRACING},authorization,content-type,x-user-id,x-shop,x-stranger"
    assert allowed(preflight(app, API, asked)) == set(asked.split(",")) - {"x-stranger"}


@pytest.mark.parametrize("path", ["/api/v1/purchases/p1/nothing", "/purchase", "/api/v2/purchase"])
def test_f4_a_wrong_address_shows_as_404_and_not_as_a_failure_of_cors(
    make_app: MakeApp, path: str
) -> None:
    app = make_app(cors_origins=(SHOP,))
    asked = preflight(app, path)
    assert (asked.status_code, allowed(asked)) == (204, {"x-user-id"})

    answer = app.test_client().post(path, headers={"Origin": SHOP}, json={})
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize("path", [API, "/nowhere"])
def test_f4_other_origins_learn_nothing(make_app: MakeApp, path: str) -> None:
    for origins in ((), (SHOP, "https://other.example")):
        answer = preflight(make_app(cors_origins=origins), path, origin="https://evil.example")
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/console", "/api/v1/analytics/funnel", "/metrics", "/readyz"])
def test_f4_what_is_not_for_front_ends_is_allowed_to_none(make_app: MakeApp, path: str) -> None:
    app = make_app(cors_origins=("*",))
    assert not allowed(preflight(app, path))
    answer = app.test_client().get(path, headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in answer.headers
