"""`python app.py` and `stars serve`: migrate, say what is where, then serve."""

import atexit
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from stars import children

if TYPE_CHECKING:
    from stars.config import Settings

MODES = {
    "mock": "mock mode: no Star is spent",
    "live": "live mode: real Stars",
    "off": "switched off: set MOCK_PAYMENTS=true for the mock",
}

BANNER = """\
Telegram Stars payments, {mode}

  listening  {address}   every call to try by hand: {address}/docs
  data       {database}
"""

NEXT = {
    "mock": """\
  try        curl {quoted}/api/v1/purchase/invoice -H 'X-User-Id: alice' \\
               -H 'Content-Type: application/json' \\
               -d '{{"purchase_id": "order-1001", "item_id": "golden-sword", "price_stars": 50}}'
  or open    {address}/mock/demo to buy, {address}/console to look
""",
    "live": "  next       flask telegram check: it names whatever is missing, with its cure\n",
    "off": "",
}

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""How a person on this machine reaches what listens on all of its addresses."""


def main() -> None:
    """Migrate, say what is where, then be what the web line of the Procfile starts."""
    from stars import serve  # first: gevent patches what psycopg finds

    migrate_or_exit()
    start_worker()
    print(welcome(serve.settings, serve.DATABASE), flush=True)

    from gunicorn.app import wsgiapp

    sys.argv = ["gunicorn", "-c", "python:stars.serve", "stars.factory:create_app()"]
    wsgiapp.run()


def migrate_or_exit() -> None:
    """Apply the missing migrations. Where that fails, say why in one line and end the process."""
    from stars.database.migrate import MigrationError, migrate
    from stars.database.pool import Database
    from stars.errors import Refusal

    db = Database(lambda: os.environ["DATABASE_URL"], max_connections=1)
    try:
        migrate(db)
    except Refusal as error:
        sys.exit(f"the database cannot be migrated: {error.for_operator}")
    except MigrationError as error:
        sys.exit(f"the database cannot be migrated: {error}")
    finally:
        db.close()


def start_worker() -> None:
    """Start one worker beside the web. It ends with this process, however that ends."""
    owner = os.getpid()
    command = children.command("stars", "worker", "--parent", str(owner))
    worker = subprocess.Popen(command, env=children.environment())

    def end() -> None:
        # gunicorn's workers inherit this function, but not the duty.
        if os.getpid() == owner:
            worker.terminate()
            worker.wait()

    atexit.register(end)


def welcome(settings: "Settings", database: str) -> str:
    """Return what a person needs to know first; `database` says where the data is."""
    address = settings.public_url or local_address(settings)
    return (BANNER + NEXT[settings.mode]).format(
        mode=MODES[settings.mode],
        address=address,
        # curl takes brackets for a range of addresses, and the shell for names of files.
        quoted=f"-g '{address}'" if "[" in address else address,
        database=database,
    )


def local_address(settings: "Settings") -> str:
    """Return what to type on this machine to reach the service."""
    if settings.host in EVERYWHERE:
        return f"http://{EVERYWHERE[settings.host]}:{settings.port}"
    return f"http://{settings.listening_on}"


if __name__ == "__main__":
    main()
