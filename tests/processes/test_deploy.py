"""The platform's own way: the Procfile's release line, then its web line."""

from pathlib import Path

from harness.constants import ROOT, SWORD
from harness.start import run
from harness.types import Serve


def test_the_procfile_deploys(url: str, empty_url: str, serve: Serve, tmp_path: Path) -> None:
    """The platform's own way: the release line, then the web line, with variables alone."""
    variables = {
        "DATABASE_URL": empty_url.replace("postgresql://", "postgres://"),
        "APP_ENV": "staging",
        "MOCK_PAYMENTS": "true",
        "PYTHONPATH": "",
    }
    released = run("honcho", "run", "flask", "db", "migrate", **variables)
    assert released.returncode == 0, released.stderr
    assert released.stdout.startswith("applied 0001_purchases_and_events\n")
    assert "release: flask db migrate\n" in (ROOT / "Procfile").read_text()

    served = serve(["honcho", "start", "--no-prefix", "web"], **variables, HOST="127.0.0.1")
    assert served.person("alice").purchase("p1", **SWORD).status_code == 200
    assert served.answers("/readyz")
    served.stop()
    assert served.lines("Shutting down: Master")
