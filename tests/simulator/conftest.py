"""What the simulator's tests stand on: a simulator, a webhook, and a bot that has both."""

from collections.abc import Iterator

import pytest
from harness.simulator import Hook, Sim, simulator, webhook


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulator of Telegram, and one bot of it."""
    with simulator() as sim:
        yield sim


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook that approves everything, until it is told to do otherwise."""
    with webhook() as hook:
        yield hook


@pytest.fixture
def shop(sim: Sim, hook: Hook) -> Sim:
    """A bot with that webhook."""
    sim.hook(hook)
    return sim
