"""G23: who may call: launch data that Telegram signed, or a name in mock mode."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from harness.constants import API, BOT_TOKEN, LIVE, SWORD
from harness.launch import launch_data
from harness.types import MakeApp
from werkzeug.test import TestResponse

from stars.errors import Unauthorized
from stars.web.callers import launch_data as launch

Headers = dict[str, str]

ALICE = {"X-User-Id": "alice"}
REFUSED: dict[str, Headers] = {
    "nobody": {},
    "empty id": {"X-User-Id": ""},
    "blank in id": {"X-User-Id": "a b"},
    "long id": {"X-User-Id": "a" * 65},
    "two ids": {"X-User-Id": "alice,bob"},
    "newer letters": {"X-User-Id": "alic\u00e9"},
    "no launch data": {"Authorization": "tma"},
    "words": {"Authorization": "tma hello"},
    "no hash": {"Authorization": "tma user=%7B%22id%22%3A42%7D&auth_date=1"},
    "not hex": {"Authorization": "tma auth_date=1&hash=%C3%A9" + "a" * 62},
    "huge date": {"Authorization": "tma auth_date=99999999999999999999&hash=" + "a" * 64},
    "another bot's": {"Authorization": f"tma {launch_data(token='999999:' + 'x' * 35)}"},
    "altered": {"Authorization": f"tma {launch_data().replace('42', '43')}"},
    "expired": {"Authorization": f"tma {launch_data(age=24 * 3600 + 60)}"},
    "from the future": {"Authorization": f"tma {launch_data(age=-3600)}"},
    "key twice": {"Authorization": f"tma {launch_data()}&user=%7B%22id%22%3A43%7D"},
    "no user": {"Authorization": f"tma {launch_data(user_id=0)}"},
    "valid, but another id": {"Authorization": f"tma {launch_data()}", "X-User-Id": "alice"},
    "forged, with a valid id": {"Authorization": "tma forged", "X-User-Id": "alice"},
}


def look(app: Flask, headers: Headers) -> TestResponse:
    """Ask for a purchase that is not there: whoever may ask is told so."""
    return app.test_client().get(f"{API}/p1", headers=headers)


def launched(**how: Any) -> Headers:
    """The header of a caller with launch data."""
    return {"Authorization": f"tma {launch_data(**how)}"}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("settings", [{"telegram_bot_token": BOT_TOKEN}, LIVE])
def test_g23_nobody_gets_in_without_an_identity(
    make_app: MakeApp, settings: dict[str, str], headers: Headers
) -> None:
    refused = look(make_app(**settings), headers)

    assert refused.status_code == 401
    assert refused.json["error"] == "unauthorized"
    assert refused.headers["WWW-Authenticate"] == "tma"


@pytest.mark.parametrize("age", [0, 23 * 3600, -30])
@pytest.mark.parametrize("settings", [{"telegram_bot_token": BOT_TOKEN}, LIVE])
def test_g23_launch_data_is_taken_in_every_mode(
    make_app: MakeApp, settings: dict[str, str], age: int
) -> None:
    app = make_app(**settings)

    assert look(app, launched(age=age)).status_code == 404
    assert look(app, launched(age=age) | {"X-User-Id": "42"}).status_code == 404


def test_g23_launch_data_is_not_taken_without_the_bots_token(make_app: MakeApp) -> None:
    assert look(make_app(), launched()).status_code == 401


def test_g23_a_header_is_taken_in_mock_mode_alone(make_app: MakeApp) -> None:
    assert look(make_app(), ALICE).status_code == 404
    for app in (make_app(**LIVE), make_app(mode="off", telegram_bot_token=BOT_TOKEN)):
        assert look(app, {"X-User-Id": "42"}).status_code == 401


def test_g23_a_password_that_a_proxy_asked_for_is_no_launch_data(make_app: MakeApp) -> None:
    proxys = {"Authorization": "Basic c3RhZ2luZzpwYXNz"}
    assert look(make_app(), ALICE | proxys).status_code == 404


def test_g23_the_launch_data_telegram_documents_is_verified(make_app: MakeApp) -> None:
    """The user of launch data owns what it buys, under the number Telegram gave."""
    app = make_app(telegram_bot_token=BOT_TOKEN)
    largest = 2**52 - 1
    headers = {"Authorization": f"TMA {launch_data(largest)}"}

    done = app.test_client().post(API, json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert done.json["user_id"] == str(largest)


# Launch data that Telegram signed, by the token of its bot: what docs.telegram-mini-apps.com shows
# of both kinds, the older without `signature`, the newer with it.
PUBLISHED = {
    "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8": (
        "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A"
        "%22Vladislav%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%"
        "2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D&auth_date=1662771648&h"
        "ash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2"
    ),
    "7342037359:AAHI25ES9xCOMPokpYoz-p8XVrZUdygo2J4": (
        "user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C"
        "%2F%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22lang"
        "uage_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%"
        "2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F4F"
        "PEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D&chat_instance=813472220031428115"
        "1&chat_type=private&auth_date=1733509682&signature=TYJxVcisqbWjtodPepiJ6ghziUL94-KNp"
        "G8Pau-X7oNNLNBM72APCpi_RKiUlBvcqo5L-LAxIc3dnTzcZX_PDg&hash=a433d8f9847bd6addcc563bff"
        "7cc82c89e97ea0d90c11fe5729cae6796a36d73"
    ),
}


@pytest.mark.parametrize("token", PUBLISHED)
def test_g23_launch_data_that_telegram_itself_signed_verifies(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = PUBLISHED[token]
    with pytest.raises(Unauthorized, match="older than 24 hours"):
        launch.verify(data, token)

    monkeypatch.setattr(launch, "READABLE_FOR", timedelta(days=36_500))
    assert launch.verify(data, token).user_id == "279058397"
    with pytest.raises(Unauthorized, match="signature"):
        launch.verify(data.replace("vdkfrost", "vdkfrosr"), token)


@pytest.mark.parametrize(
    ("settings", "headers", "why"),
    [
        ({}, {}, "X-User-Id is missing, or no user id. Send X-User-Id"),
        ({}, {"Authorization": "Bearer x"}, "The Authorization is of no kind that is read here."),
        (LIVE, {"X-User-Id": "alice"}, "X-User-Id is believed in mock mode alone. Send Auth"),
        (LIVE, {}, "Nothing names the caller. Send Authorization: tma"),
    ],
)
def test_g23_a_refusal_says_what_is_read_here_and_why_this_was_not(
    make_app: MakeApp, settings: dict[str, str], headers: Headers, why: str
) -> None:
    assert why in look(make_app(**settings), headers).json["detail"]
