"""What live payments' tests stand on: one shop a run, and a buyer for each test."""

from collections.abc import Iterator

import pytest
from harness.live import Buyer, Shop, open_shop


@pytest.fixture(scope="session")
def whole_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for all of live payments: each test has buyers and purchases of its own."""
    with open_shop(server, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(whole_shop: Shop) -> Iterator[Shop]:
    """The shop with no fault armed, and after the test nothing in it may contradict itself."""
    yield whole_shop
    whole_shop.clear_faults()
    assert whole_shop.wrong() == []


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    """Somebody with 10 000 Stars."""
    return shop.buyer()
