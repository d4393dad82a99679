"""G23: who may call: launch data that Telegram signed, or a name in mock mode."""

from datetime import timedelta
from typing import Any

import pytest
from harness.constants import API, BOT_TOKEN, LIVE, SWORD
from harness.launch import launch_data
from harness.types import MakeApp

from stars.errors import Unauthorized
from stars.web.callers import launch_data as launch


def get(app: Any, path: str = f"{API}/p1", **headers: str) -> Any:
    return app.test_client().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


REFUSED = {
    "nobody": {},
    "empty id": {"X_User_Id": ""},
    "blank in id": {"X_User_Id": "a b"},
    "long id": {"X_User_Id": "a" * 65},
    "two ids": {"X_User_Id": "alice,bob"},
    "newer letters": {"X_User_Id": "alic\u00e9"},
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
    "valid, but another id": {"Authorization": f"tma {launch_data()}", "X_User_Id": "alice"},
    "forged, with a valid id": {"Authorization": "tma forged", "X_User_Id": "alice"},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_g23_nobody_gets_in_without_an_identity(make_app: MakeApp, headers: dict[str, str]) -> None:
    for app in (make_app(telegram_bot_token=BOT_TOKEN), make_app(**LIVE)):
        refused = get(app, **headers)
        assert (refused.status_code, refused.json["error"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"] == "tma"


def test_g23_launch_data_is_taken_in_every_mode_and_a_header_in_mock_mode_alone(
    make_app: MakeApp,
) -> None:
    for age in (0, 23 * 3600, -30):
        valid = f"tma {launch_data(age=age)}"
        for app in (make_app(telegram_bot_token=BOT_TOKEN), make_app(**LIVE)):
            assert get(app, Authorization=valid).status_code == 404
            assert get(app, Authorization=valid, X_User_Id="42").status_code == 404
    assert get(make_app(), X_User_Id="alice").status_code == 404
    assert (
        get(make_app(), X_User_Id="alice", Authorization="Basic c3RhZ2luZzpwYXNz").status_code
        == 404
    )
    assert get(make_app(), Authorization=f"tma {launch_data()}").status_code == 401
    for app in (make_app(**LIVE), make_app(mode="off", telegram_bot_token=BOT_TOKEN)):
        assert get(app, X_User_Id="42").status_code == 401


def test_g23_the_launch_data_telegram_documents_is_verified(make_app: MakeApp) -> None:
    """The user of launch data owns what it buys, under the number Telegram gave."""
    app = make_app(telegram_bot_token=BOT_TOKEN)
    headers = {"Authorization": f"TMA {launch_data(2**52 - 1)}"}
    done = app.test_client().post(API, json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert done.json["user_id"] == str(2**52 - 1)


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
    with pytest.raises(Unauthorized, match="older than 24 hours"):
        launch.verify(PUBLISHED[token], token)
    monkeypatch.setattr(launch, "READABLE_FOR", timedelta(days=36_500))
    assert launch.verify(PUBLISHED[token], token).user_id == "279058397"
    with pytest.raises(Unauthorized, match="signature"):
        launch.verify(PUBLISHED[token].replace("vdkfrost", "vdkfrosr"), token)
