"""Telegram's test environment: chosen by one variable, with an address and periods of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness.constants import LIVE
from harness.simulator import Sim, simulator
from harness.types import MakeApp

from stars.config import Settings
from stars.domain.types import Order

MINUTE = {
    "item_id": "minute-pass",
    "title": "Pass",
    "description": "For a minute",
    "price_stars": 100,
    "subscription_period": 60,
}


@pytest.mark.parametrize(("is_test", "code"), [(True, 0), (False, 1)])
def test_a_period_of_a_minute_is_for_the_test_environment_alone(
    make_app: MakeApp, tmp_path: Path, is_test: bool, code: int
) -> None:
    file = tmp_path / "items.json"
    file.write_text(json.dumps([MINUTE]))
    app = make_app(telegram_test_environment=is_test)
    done = app.test_cli_runner().invoke(args=["items", "import", str(file)])

    assert done.exit_code == code
    assert ("TELEGRAM_TEST_ENVIRONMENT" in done.stderr) is not is_test


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"subscription_period": 61}, "subscription_period: Must be one of"),
        ({"subscription_period": "60"}, "subscription_period: Not a valid integer"),
        ({"price_stars": 10_001}, "price_stars: Must be at most 10000 for a subscription"),
    ],
)
def test_what_telegram_would_refuse_is_not_imported(
    make_app: MakeApp, tmp_path: Path, wrong: dict[str, Any], why: str
) -> None:
    file = tmp_path / "items.json"
    file.write_text(json.dumps([MINUTE | wrong]))
    app = make_app(telegram_test_environment=True)
    done = app.test_cli_runner().invoke(args=["items", "import", str(file)])

    assert done.exit_code == 1
    assert why in done.stderr


def test_one_variable_chooses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TEST_ENVIRONMENT", "true")
    assert Settings.from_environment().telegram_test_environment


def test_the_link_is_made_at_the_address_of_the_test_environment(
    make_app: MakeApp, tmp_path: Path
) -> None:
    with simulator() as sim:
        app = make_app(**LIVE | {"telegram_api_url": sim.address}, telegram_test_environment=True)
        file = tmp_path / "items.json"
        file.write_text(json.dumps([MINUTE]))
        app.test_cli_runner().invoke(args=["items", "import", str(file)])
        payments = app.extensions["stars"].payments
        order = Order(item_id="minute-pass", price_stars=100)
        payments.create_invoice(
            purchase_id="p1", owner="1001", order=order, request_id="r", address=""
        )
        payments.telegram.close()

        assert made_at(sim) == [("123456/test", 60)]


def made_at(sim: Sim) -> list[tuple[str, int]]:
    """Of which bot each link is, and for which period."""
    return [(link["bot"], link["period"]) for link in sim.look("links")]
