"""G33, G34: who may see the console, and that nothing sent to it is run."""

from typing import Any

import pytest
from harness.constants import LIVE
from harness.pages import CONSOLE, basic
from harness.people import Person
from harness.types import MakeApp, Sql


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_the_console_asks_for_its_password(make_app: MakeApp, alice: Person, path: str) -> None:
    alice.invoice("p1")
    client = make_app(console_password="пароль and more", app_env="staging").test_client()
    for headers in (
        {},
        basic("wrong"),
        basic(""),
        basic("пароль and mor"),
        {"Authorization": "Basic ???"},
        {"Authorization": "Bearer пароль and more".encode().decode("latin-1")},
    ):
        refused = client.get(path, headers=headers)
        assert (refused.status_code, "golden-sword" in refused.text) == (401, False)
        assert refused.headers["WWW-Authenticate"].startswith('Basic realm="console"')
    assert client.get(path, headers=basic("пароль and more")).status_code == 200
    assert client.get(path, headers=basic("пароль and more", "somebody else")).status_code == 200


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_without_a_password_it_is_there_for_a_developer_at_this_machine_alone(
    make_app: MakeApp, alice: Person, path: str
) -> None:
    alice.invoice("p1")
    developer = make_app().test_client()
    for host, remote in (
        ("localhost:8000", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("127.0.0.1:8000", "::ffff:127.0.0.1"),  # as a socket that listens on :: names it
        ("[::ffff:127.0.0.1]:8000", "::ffff:127.0.0.1"),
    ):
        seen = developer.get(path, headers={"Host": host}, environ_base={"REMOTE_ADDR": remote})
        assert seen.status_code == 200
    for headers, remote in (
        ({"Host": "stars.example"}, "127.0.0.1"),
        ({"Host": "localhost.evil.example"}, "127.0.0.1"),
        ({"Host": "localhost"}, "192.0.2.7"),
        ({"Host": "localhost"}, "::ffff:192.0.2.7"),
        ({"Host": "127.0.0.1.evil.example"}, "127.0.0.1"),
        ({"Host": ""}, "127.0.0.1"),
        ({"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}, "127.0.0.1"),
    ):
        refused = developer.get(path, headers=headers, environ_base={"REMOTE_ADDR": remote})
        assert (refused.status_code, "golden-sword" in refused.text) == (404, False)
    assert make_app(app_env="staging").test_client().get(path).status_code == 404
    assert make_app(**LIVE, app_env="production").test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_g33_no_other_site_acts_in_the_staffs_name(
    app: Any, alice: Person, headers: dict[str, str], status: int
) -> None:
    alice.invoice("p1")
    client = app.test_client()
    acted = client.post("/console/purchases/p1", data={"action": "fail"}, headers=headers)
    armed = client.post(
        "/console/outcomes", data={"outcome": "paid", "delay": "0", "times": "1"}, headers=headers
    )
    assert (acted.status_code, armed.status_code) == (status, status)
    assert alice.get("p1").json["status"] == ("failed" if status == 303 else "pending")


def test_g33_no_front_end_may_read_the_console(make_app: MakeApp) -> None:
    client = make_app(cors_origins=("*",)).test_client()
    for path in ("/console", "/api/v1/analytics/funnel"):
        assert (
            "Access-Control-Allow-Origin"
            not in client.get(path, headers={"Origin": "http://evil.example"}).headers
        )
    assert (
        "Access-Control-Allow-Origin"
        in client.get("/livez", headers={"Origin": "http://shop.example"}).headers
    )


def test_g34_whatever_is_sent_is_shown_and_never_run(app: Any, alice: Person, sql: Sql) -> None:
    evil = "</code><script>alert(1)</script>"
    alice.invoice("p1", metadata={evil: evil})
    alice.purchase("p1", metadata={"more": evil})
    sql.execute("INSERT INTO mock_outcomes (outcome, delay, times) VALUES ('paid', 0, 1)")
    for path in (
        *CONSOLE,
        "/console?user_id=%3Cscript%3E",
        "/console/purchases/%3Cscript%3E",
        "/mock/pay/%3Cscript%3E",
    ):
        assert "<script>" not in app.test_client().get(path).text
