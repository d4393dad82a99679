"""Methods that are documented and not simulated: an empty success, or 404 where that is set."""

import aiogram
import aiogram.methods
import pytest
from harness.simulator import Sim
from pydantic import TypeAdapter

from stars.simulator.methods import METHODS
from stars.simulator.methods.names import NAMES

API_VERSION = "10.3"
PUBLISHED = {
    name[0].lower() + name[1:]
    for name in aiogram.methods.__all__
    if name not in ("TelegramMethod", "TelegramType", "Request", "Response")
}
UNKNOWN = sorted(name for name in NAMES if name.lower() not in METHODS)


def test_the_list_is_the_one_that_aiogram_has() -> None:
    assert set(NAMES) - PUBLISHED == set()
    if aiogram.__api_version__ == API_VERSION:
        assert set(NAMES) == PUBLISHED
    assert {name.lower() for name in NAMES} >= METHODS.keys()


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_empty_result_has_the_documented_type_and_leaves_a_warning(sim: Sim, name: str) -> None:
    result = sim.ask(name, chat_id=sim.user(), business_connection_id="b")
    method = getattr(aiogram.methods, name[0].upper() + name[1:])
    TypeAdapter(method.__returning__).validate_python(result)
    warning = sim.journal("warning")[0]
    assert (warning["method"], warning["text"]) == (name.lower(), "not simulated, answered empty")


def test_strictly_they_are_not_found(sim: Sim) -> None:
    sim.act("settings", strict_methods=True)
    answer = sim.call("pinChatMessage", chat_id=1, message_id=1)
    assert (answer["error_code"], answer["description"]) == (404, "Not Found: method not found")
    assert sim.journal("warning") == []
    assert sim.ask("getMe")


def test_what_nobody_documents_is_never_found(sim: Sim) -> None:
    assert sim.call("sendMoney")["error_code"] == 404
