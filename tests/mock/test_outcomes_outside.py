"""G29: outside mock mode nothing is steered."""

import pytest
from harness.constants import API, BOT_TOKEN, WEBHOOK_SECRET
from harness.launch import launch_data
from harness.outcomes import OUTCOMES
from harness.types import MakeApp


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_outside_mock_mode_nothing_is_steered(make_app: MakeApp, mode: str) -> None:
    app = make_app(mode=mode, telegram_bot_token=BOT_TOKEN, telegram_webhook_secret=WEBHOOK_SECRET)
    client = app.test_client()
    assert client.get(OUTCOMES).json["error"] == "not_found"
    assert client.delete(OUTCOMES).status_code == client.delete(f"{OUTCOMES}/1").status_code == 404
    assert client.post(OUTCOMES, json={"match": {}, "outcome": "paid"}).status_code == 404


@pytest.mark.parametrize(
    "header", [{"X-Mock-Outcome": "paid"}, {"X-Mock-Outcome": "?"}, {"X-Mock-Delay": "1"}]
)
def test_g29_in_live_mode_the_headers_are_refused(
    make_app: MakeApp, header: dict[str, str]
) -> None:
    live = make_app(
        mode="live", telegram_bot_token=BOT_TOKEN, telegram_webhook_secret=WEBHOOK_SECRET
    )
    answer = live.test_client().post(
        API, json={"purchase_id": "p1"}, headers={"Authorization": f"tma {launch_data()}", **header}
    )
    assert (answer.status_code, answer.json["error"]) == (400, "mock_only")
