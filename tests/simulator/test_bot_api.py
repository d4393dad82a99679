"""The Bot API: addresses, arguments, envelopes, and the words of a refusal."""

import json
from typing import Any

import pytest
import requests
from harness.simulator import PRICES, SWORD, TOKEN, Sim


def raw(sim: Sim, path: str, method: str = "GET", **how: Any) -> tuple[int, Any]:
    answer = requests.request(method, sim.address + path, timeout=10, **how)
    return answer.status_code, answer.json()


def test_arguments_come_as_query_form_multipart_and_json_and_methods_in_any_case(sim: Sim) -> None:
    args, path = SWORD | {"prices": PRICES}, f"/bot{TOKEN}/CREATEinvoiceLINK"
    answers = [
        raw(sim, path, params=args),
        raw(sim, path, "POST", data=args),
        raw(sim, path, "POST", files={name: (None, value) for name, value in args.items()}),
        raw(sim, path, "POST", json=args | {"prices": json.loads(PRICES)}),
        raw(sim, path, "POST", json=args),
        raw(sim, path, "POST", params=SWORD, data={"prices": PRICES}),
    ]
    assert all(status == 200 and body["ok"] for status, body in answers)
    assert len({body["result"] for _, body in answers}) == 6
    assert {line["description"] for line in sim.look("links")} == {"Sharp"}


def test_every_well_shaped_token_is_a_bot_of_its_own(sim: Sim) -> None:
    other = Sim(sim.address, "777:" + "x" * 35)
    assert (sim.ask("getMe")["id"], other.ask("getMe")["id"]) == (123456, 777)
    assert sim.ask("getMe")["is_bot"] is True
    status, body = raw(sim, f"/bot{TOKEN}/test/getMe")
    assert (status, body["result"]["id"]) == (200, 123456)
    assert [bot["bot"] for bot in sim.look("bots")] == ["123456", "777", "123456/test"]


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        (f"/bot{TOKEN}/getNothing", 404, "Not Found: method not found"),
        (f"/bot{TOKEN}/", 404, "Not Found"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot123456:short/getMe", 401, "Unauthorized"),
        (f"/bot{TOKEN[:-1]}X/getMe", 401, "Unauthorized"),
    ],
)
def test_a_wrong_address_is_refused_in_telegrams_words(
    sim: Sim, path: str, status: int, description: str
) -> None:
    sim.ask("getMe")
    assert raw(sim, path) == (
        status,
        {"ok": False, "error_code": status, "description": description},
    )


def test_a_body_that_is_no_json_object_holds_no_arguments(sim: Sim) -> None:
    for body in (b"{", b"[1]", b"\xff", b""):
        how = {"data": body, "headers": {"Content-Type": "application/json"}}
        status, answer = raw(sim, f"/bot{TOKEN}/createInvoiceLink", "POST", **how)
        assert (status, answer["description"]) == (
            400,
            'Bad Request: parameter "title" is required',
        )
