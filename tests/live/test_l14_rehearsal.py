"""L14: one command rehearses it all, where nothing can be real."""

import re
import signal
import subprocess
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from harness.constants import API, BOT_TOKEN, ROOT, WEBHOOK_SECRET
from harness.servers import clean_environment, free_port
from harness.types import MakeApp
from harness.waiting import eventually


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_l14_one_command_rehearses_the_whole_of_it(tmp_path: Any, sig: signal.Signals) -> None:
    """As a person does it: open the shop, buy, pay where the simulator sells, look."""
    port = free_port()
    said = tmp_path / "said"
    with said.open("wb") as output:
        rehearsal = subprocess.Popen(
            ["flask", "--app", str(ROOT / "app.py"), "rehearse", "--port", str(port)],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(
            lambda: rehearsal.poll() is not None or "1. the shop" in said.read_text(), within=180
        )
        (app,) = re.search(r"the shop +(\S+)", said.read_text()).groups()
        assert len(app) < 60
        opened = requests.get(app, timeout=5, allow_redirects=False).headers["Location"]
        shop, _, launched = opened.partition("/mock/demo#tgWebAppData=")
        launch = launched.partition("&")[0]
        assert "data-item" in requests.get(f"{shop}/mock/demo", timeout=5).text
        script = requests.get(f"{shop}/mock/telegram-web-app.js", timeout=5).text
        assert f'SIMULATOR = "http://127.0.0.1:{port + 1}";' in script
        headers = {"Authorization": f"tma {unquote(launch)}"}
        body = {"purchase_id": "p1", "item_id": "golden-sword", "price_stars": 50}
        link = requests.post(f"{shop}{API}/invoice", json=body, headers=headers, timeout=10).json()[
            "pay_url"
        ]
        assert requests.post(link, data={"user": 1001, "pay": ""}, timeout=30).status_code == 200
        look = f"{shop}{API}/p1"
        eventually(
            lambda: requests.get(look, headers=headers, timeout=5).json()["status"] == "succeeded"
        )
        assert "p1" in requests.get(f"{shop}/console", timeout=5).text
    finally:
        rehearsal.send_signal(sig)
        rehearsal.wait(90)
    for gone in (port, port + 1):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{gone}/", timeout=5)


@pytest.mark.parametrize(
    "settings",
    [
        {"app_env": "staging"},
        {"telegram_api_url": "https://api.telegram.org"},
        {"mode": "off"},
        {"telegram_api_url": "https://localhost.example"},
    ],
)
def test_l14_no_rehearsal_where_it_may_be_real(make_app: MakeApp, settings: dict[str, Any]) -> None:
    live = {
        "mode": "live",
        "telegram_bot_token": BOT_TOKEN,
        "telegram_webhook_secret": WEBHOOK_SECRET,
        "telegram_api_url": "http://127.0.0.1:1",
    }
    app = make_app(**live | settings)
    assert app.test_client().get("/mock/demo").status_code == 404
    assert "Telegram's own business" in app.test_client().get("/mock/telegram-web-app.js").text


def test_l14_a_rehearsal_is_for_development(tmp_path: Any) -> None:
    refused = subprocess.run(
        ["flask", "--app", str(ROOT / "app.py"), "rehearse"],
        cwd=tmp_path,
        capture_output=True,
        env=clean_environment(APP_ENV="staging"),
        text=True,
        timeout=30,
        check=False,
    )
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: A rehearsal is for development: unset APP_ENV.\n",
    )
