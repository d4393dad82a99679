"""The console's pages of endpoints: add, disable, rotate, remove, the log, test, and resend."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from harness.constants import SWORD
from harness.live import live_app
from harness.people import Person
from harness.receiver import Receiver
from harness.types import Command, MakeApp
from harness.waiting import eventually
from werkzeug.test import TestResponse

from stars.domain.service import Service
from stars.notifications import deliveries, endpoints
from stars.work.worker import Worker

LIST = "/console/endpoints"
URL = "https://shop.example/stars"
Start = Callable[[], Worker]


@pytest.fixture
def number(here: Service) -> int:
    """An endpoint that nobody tells anything, since no worker runs."""
    return endpoints.add(here.db, url=URL, mode="mock", types=None, is_development=True)[0]


def get(app: Flask, number: int, query: str = "") -> TestResponse:
    return app.test_client().get(f"{LIST}/{number}{query}")


def press(app: Flask, number: int, action: str, **fields: Any) -> str:
    """Press a button of an endpoint's page, follow it, and return the page that is shown then."""
    client = app.test_client()
    address = f"{LIST}/{number}"
    answer = client.post(address, data={"action": action, **fields})
    if answer.status_code == 303:
        answer = client.get(urljoin(address, answer.headers["Location"]))
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(here: Service) -> list[endpoints.Endpoint]:
    return endpoints.find(here.db, mode="mock")


def test_an_endpoint_is_added_and_its_secret_is_shown_once(app: Flask, here: Service) -> None:
    client = app.test_client()
    data = {"url": f" {URL} ", "types": ["purchase.succeeded", "purchase.refunded"]}
    added = client.post(LIST, data=data)

    assert added.status_code == 200
    assert added.headers["Cache-Control"] == "no-store"
    [secret] = set(re.findall(r"whsec_[\w+/=]+", added.text))
    [endpoint] = shown(here)
    assert (endpoint["url"], endpoint["message_types"]) == (URL, data["types"])
    for page in (client.get(LIST), get(app, endpoint["endpoint_id"])):
        assert URL in page.text
        assert secret not in page.text


def test_without_types_an_endpoint_is_told_everything(app: Flask, here: Service) -> None:
    app.test_client().post(LIST, data={"url": URL})
    assert [endpoint["message_types"] for endpoint in shown(here)] == [None]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"url": ""}, "Say where to send."),
        ({}, "Say where to send."),
        ({"url": "ftp://shop.example"}, "address has to"),
        ({"url": "https://user@shop.example/"}, "no user"),
        ({"url": URL, "types": ["purchase.stolen"]}, "types"),
    ],
)
def test_what_cannot_be_added_is_refused_and_keeps_the_form(
    app: Flask, here: Service, sent: dict[str, Any], why: str
) -> None:
    refused = app.test_client().post(LIST, data=sent)
    assert refused.status_code == 422
    assert why in refused.text
    assert f'value="{sent.get("url", "")}"' in refused.text
    assert shown(here) == []


def test_an_endpoint_is_disabled_and_enabled(app: Flask, here: Service, number: int) -> None:
    assert "Disabled: what happens meanwhile is kept" in press(app, number, "disable")
    assert shown(here)[0]["disabled_because"] == "Somebody disabled it in the console."
    assert "Enabled" in press(app, number, "enable")
    assert shown(here)[0]["disabled_at"] is None


def test_a_new_secret_is_shown_once(app: Flask, here: Service, number: int) -> None:
    page = press(app, number, "rotate")
    [secret] = set(re.findall(r"whsec_[\w+/=]+", page))
    assert "The secret before signs as well" in page
    assert secret not in get(app, number).text
    assert shown(here)[0]["previous_secret_until"]


def test_an_endpoint_is_removed_after_asking(app: Flask, here: Service, number: int) -> None:
    page = press(app, number, "remove")
    assert f'Remove <span class="whole">{URL}</span>?' in page
    assert len(shown(here)) == 1
    assert "is removed" in press(app, number, "remove", sure="yes")
    assert shown(here) == []


def test_a_test_event_reaches_the_endpoint_and_its_answer_is_shown(
    app: Flask, receiver: Receiver, endpoint: tuple[int, str], start_worker: Start
) -> None:
    receiver.answer = lambda _told: (200, {}, b"thank you <b>")
    assert "A test event is on its way." in press(app, endpoint[0], "test")
    start_worker()

    eventually(lambda: "answered 200" in get(app, endpoint[0]).text)
    page = get(app, endpoint[0]).text
    assert [told.document["type"] for told in receiver.told] == ["test"]
    assert "delivered" in page
    assert "1 attempt" in page
    assert "thank you &lt;b&gt;" in page


def test_one_delivery_is_sent_again_and_so_are_all_since(
    app: Flask,
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
) -> None:
    number = endpoint[0]
    alice.purchase("p1", **SWORD)
    alice.purchase("p2", **SWORD)
    start_worker()
    eventually(lambda: len(receiver.told) == 2)
    log = deliveries.find(here.db, mode="mock")
    last = next(one for one in log if one["purchase_id"] == "p2")

    assert "on its way again" in press(app, number, "resend", delivery=last["delivery_id"])
    eventually(lambda: len(receiver.told) == 3)
    assert receiver.told[-1].about == ("p2", "purchase.succeeded")

    assert "All since then" in press(app, number, "resend_since", since="2020-01-01T00:00")
    eventually(lambda: len(receiver.told) == 5)


def test_the_log_is_filtered_by_state_and_paged(app: Flask, here: Service, number: int) -> None:
    made = [deliveries.make_test(here.db, endpoint_id=number, mode="mock") for _ in range(35)]

    def keys(page: str) -> list[int]:
        return [int(key) for key in re.findall(r'id="delivery-(\d+)"', page)]

    first = get(app, number, "?state=waiting").text
    older = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert older is not None
    rest = get(app, number, older[1].replace("&amp;", "&")).text
    assert keys(first) + keys(rest) == made[::-1]
    assert "Nothing is given up." in get(app, number, "?state=given_up").text


def test_a_fault_is_set_where_money_is_not_real(app: Flask, here: Service, number: int) -> None:
    press(app, number, "fault", fault="late")
    assert shown(here)[0]["fault"] == "late"
    press(app, number, "fault", fault="")
    assert shown(here)[0]["fault"] is None


def test_no_fault_is_set_where_money_is_real(url: str) -> None:
    app = live_app(url, "https://api.telegram.org")
    db = app.extensions["stars"].db
    number, _ = endpoints.add(db, url=URL, mode="live", types=None, is_development=False)
    refused = app.test_client().post(f"{LIST}/{number}", data={"action": "fault", "fault": "late"})
    assert refused.status_code == 404
    assert 'name="fault"' not in get(app, number).text
    db.close()


@pytest.mark.parametrize("query", ["?state=lost", "?before=x", "?before=0", "?unknown=1"])
def test_a_question_about_the_log_that_makes_no_sense_is_refused(
    app: Flask, number: int, query: str
) -> None:
    assert get(app, number, query).status_code == 422


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"action": "steal"}, 404),
        ({}, 404),
        ({"action": "resend"}, 422),
        ({"action": "resend", "delivery": "9" * 30}, 422),
        ({"action": "resend", "delivery": "12345"}, 404),
        ({"action": "resend_since", "since": "soon"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused(
    app: Flask, number: int, sent: dict[str, str], status: int
) -> None:
    assert app.test_client().post(f"{LIST}/{number}", data=sent).status_code == status


@pytest.mark.parametrize("number", ["0", "99", "9" * 30, "-1", "x"])
def test_an_endpoint_that_there_is_not_is_a_page(app: Flask, number: str) -> None:
    page = app.test_client().get(f"{LIST}/{number}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "Stars console" in page.text


def test_an_endpoint_of_the_other_mode_is_not_there(url: str, app: Flask) -> None:
    db = app.extensions["stars"].db
    number, _ = endpoints.add(db, url=URL, mode="live", types=None, is_development=True)
    assert get(app, number).status_code == 404
    assert app.test_client().post(f"{LIST}/{number}", data={"action": "disable"}).status_code == 404


def test_no_command_disables_an_endpoint_that_there_is_not(command: Command, number: int) -> None:
    assert command("endpoints", "disable", str(number)).exit_code == 0
    refused = command("endpoints", "disable", str(number + 1))
    assert (refused.exit_code, refused.stdout) == (1, "")


@pytest.mark.parametrize("path", ["", "/{}"])
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}])
def test_g33_no_other_site_acts_on_endpoints(
    app: Flask, here: Service, number: int, path: str, headers: dict[str, str]
) -> None:
    data = {"url": "https://evil.example/", "action": "disable"}
    address = LIST + path.format(number)
    assert app.test_client().post(address, data=data, headers=headers).status_code == 403
    [endpoint] = shown(here)
    assert (endpoint["url"], endpoint["disabled_at"]) == (URL, None)


def test_g33_strangers_see_no_endpoint(make_app: MakeApp, number: int) -> None:
    stranger = make_app(console_password="secret", app_env="staging").test_client()
    for path in (LIST, f"{LIST}/{number}"):
        assert stranger.get(path).status_code == 401
        assert stranger.post(path, data={"url": URL, "action": "remove"}).status_code == 401
