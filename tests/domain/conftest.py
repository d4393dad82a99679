"""What the tests of the domain stand on beside the common fixtures."""

from collections.abc import Iterator

import pytest

from stars.database.pool import Database


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """The service's way to the test's database."""
    db = Database(lambda: url, max_connections=1)
    yield db
    db.close()
