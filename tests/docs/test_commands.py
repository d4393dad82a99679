"""Every command in the documentation is run as it stands, and answers what its page says."""

import pytest
from harness.constants import ROOT
from harness.documents import disagreements
from harness.simulator import simulator
from harness.types import Serve

PAGES = (
    "README.md",
    "docs/front-end.md",
    "docs/own-flow.md",
    "docs/qa.md",
    "docs/funnel.md",
    "docs/backend.md",
)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_answers_as_it_says(page: str, url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    environment = {"DATABASE_URL": url, "MOCK_PAYMENTS": "true", "LOG_LEVEL": "ERROR"}

    told = "http://127.0.0.1:8000"
    assert disagreements(ROOT / page, environment, told, served.address) == []


def test_every_command_of_the_simulators_page_answers_as_it_says() -> None:
    page = ROOT / "docs" / "simulator.md"
    with simulator() as sim:
        assert disagreements(page, {}, "http://127.0.0.1:8081", sim.address) == []
