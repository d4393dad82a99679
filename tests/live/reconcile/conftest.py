"""What the tests of reconciliation (L12) stand on: shops that start with nothing left to do."""

from collections.abc import Iterator

import pytest
from harness.live import Shop, open_shop
from harness.reconciling import reconcile_to_the_end


@pytest.fixture(scope="module")
def reconciled_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One a file, since what is paid outside stays in the bot's balance."""
    with open_shop(server, tmp_path_factory.mktemp("reconciled")) as shop:
        yield shop


@pytest.fixture(scope="session")
def robbed_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One where somebody has the webhook's secret, and tells of payments that never were."""
    with open_shop(server, tmp_path_factory.mktemp("robbed")) as shop:
        yield shop
        assert shop.wrong() == []


@pytest.fixture
def shop(reconciled_shop: Shop) -> Iterator[Shop]:
    """The shop with nothing left to do; afterwards nothing may be left, nor be wrong."""
    shop = reconciled_shop
    shop.run("telegram", "webhook", "set")  # whatever became of it in a test before
    shop.reconcile()
    yield shop
    shop.clear_faults()
    shop.run("telegram", "webhook", "set")
    shop.sql.execute("UPDATE star_transactions SET explanation = 'a test''s'")
    reconcile_to_the_end(shop)
    assert shop.wrong() == []
