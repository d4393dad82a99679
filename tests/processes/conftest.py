"""What the tests of processes stand on beside the common fixtures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.servers import Served
from harness.start import APP
from harness.types import Serve


@pytest.fixture
def start(serve: Serve, tmp_path: Path) -> Callable[..., Served]:
    """Run `python app.py` in a folder of its own, with no database given."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    return lambda **environment: serve(APP, folder, PYTHONPATH=str(ROOT), **environment)
