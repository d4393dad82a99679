"""G33, G34: who may see the console, and that nothing sent to it is run."""

import pytest
from flask import Flask
from harness.constants import LIVE
from harness.pages import CONSOLE, basic
from harness.people import Person
from harness.types import MakeApp, Sql

PASSWORD = "пароль and more"
HERE = "127.0.0.1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("wrong"),
        basic(""),
        basic(PASSWORD[:-1]),
        {"Authorization": "Basic ???"},
        {"Authorization": f"Bearer {PASSWORD}".encode().decode("latin-1")},
    ],
)
@pytest.mark.parametrize("path", CONSOLE)
def test_g33_the_console_asks_for_its_password(
    make_app: MakeApp, alice: Person, path: str, headers: dict[str, str]
) -> None:
    alice.invoice("p1")
    app = make_app(console_password=PASSWORD, app_env="staging")

    refused = app.test_client().get(path, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="console"')
    assert "golden-sword" not in refused.text


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_the_password_opens_it_whatever_the_name(
    make_app: MakeApp, alice: Person, path: str
) -> None:
    alice.invoice("p1")
    client = make_app(console_password=PASSWORD, app_env="staging").test_client()

    assert client.get(path, headers=basic(PASSWORD)).status_code == 200
    assert client.get(path, headers=basic(PASSWORD, "somebody else")).status_code == 200


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_without_a_password_it_is_there_for_a_developer_at_this_machine(
    app: Flask, alice: Person, path: str
) -> None:
    alice.invoice("p1")
    for host, remote in (
        ("localhost:8000", HERE),
        ("127.0.0.1", HERE),
        ("[::1]:8000", "::1"),
        ("127.0.0.1:8000", "::ffff:127.0.0.1"),  # as a socket that listens on :: names it
        ("[::ffff:127.0.0.1]:8000", "::ffff:127.0.0.1"),
    ):
        seen = app.test_client().get(
            path, headers={"Host": host}, environ_base={"REMOTE_ADDR": remote}
        )
        assert seen.status_code == 200, host


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_without_a_password_it_is_there_for_nobody_elsewhere(
    app: Flask, alice: Person, path: str
) -> None:
    alice.invoice("p1")
    for headers, remote in (
        ({"Host": "stars.example"}, HERE),
        ({"Host": "localhost.evil.example"}, HERE),
        ({"Host": "localhost"}, "192.0.2.7"),
        ({"Host": "localhost"}, "::ffff:192.0.2.7"),
        ({"Host": "127.0.0.1.evil.example"}, HERE),
        ({"Host": ""}, HERE),
        ({"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}, HERE),
    ):
        refused = app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": remote})
        assert refused.status_code == 404, headers
        assert "golden-sword" not in refused.text


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_without_a_password_it_is_there_in_development_alone(
    make_app: MakeApp, path: str
) -> None:
    for app in (make_app(app_env="staging"), make_app(**LIVE, app_env="production")):
        assert app.test_client().get(path).status_code == 404


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
    app: Flask, alice: Person, headers: dict[str, str], status: int
) -> None:
    alice.invoice("p1")
    client = app.test_client()
    outcome = {"outcome": "paid", "delay": "0", "times": "1"}

    acted = client.post("/console/purchases/p1", data={"action": "fail"}, headers=headers)
    armed = client.post("/console/outcomes", data=outcome, headers=headers)
    assert (acted.status_code, armed.status_code) == (status, status)
    assert alice.get("p1").json["status"] == ("failed" if status == 303 else "pending")


def test_g33_no_front_end_may_read_the_console(make_app: MakeApp) -> None:
    client = make_app(cors_origins=("*",)).test_client()
    front_end = {"Origin": "http://shop.example"}

    for path in CONSOLE:
        seen = client.get(path, headers=front_end)
        assert "Access-Control-Allow-Origin" not in seen.headers
    seen = client.get("/livez", headers=front_end)
    assert "Access-Control-Allow-Origin" in seen.headers


@pytest.mark.parametrize(
    "path",
    [
        *CONSOLE,
        "/console?user_id=%3Cscript%3E",
        "/console/purchases/%3Cscript%3E",
        "/mock/pay/%3Cscript%3E",
    ],
)
def test_g34_whatever_is_sent_is_shown_and_never_run(
    app: Flask, alice: Person, sql: Sql, path: str
) -> None:
    evil = "</code><script>alert(1)</script>"
    alice.invoice("p1", metadata={evil: evil})
    alice.purchase("p1", metadata={"more": evil})
    sql.execute("INSERT INTO mock_outcomes (outcome, delay, times) VALUES ('paid', 0, 1)")

    assert "<script>" not in app.test_client().get(path).text
