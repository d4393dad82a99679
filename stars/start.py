"""`python app.py`: migrate, say what is where, then serve."""

import os
import sys

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
  try        curl {address}/api/v1/purchase/invoice -H 'X-User-Id: alice' \\
               -H 'Content-Type: application/json' \\
               -d '{{"purchase_id": "order-1001", "item_id": "golden-sword", "price_stars": 50}}'
  or open    {address}/mock/demo to buy, {address}/console to look
""",
    "live": "  next       flask telegram check: it names whatever is missing, with its cure\n",
    "off": "",
}


def main() -> None:
    """Migrate, say what is where, then be what the web line of the Procfile starts."""
    from stars import serve  # first: gevent patches what psycopg finds

    settings = serve.settings

    import psycopg
    from gunicorn.app import wsgiapp

    from stars import errors
    from stars.database import migrate
    from stars.database.pool import Database

    db = Database(lambda: os.environ["DATABASE_URL"], max_connections=1)
    try:
        migrate.migrate(db)
    except (errors.Refusal, migrate.MigrationError, psycopg.Error) as no:
        sys.exit(f"the database cannot be migrated: {no}")
    finally:
        db.close()
    banner = BANNER + NEXT[settings.mode]
    address = settings.public_url or local_address(serve.host, settings.port)
    mode = MODES[settings.mode]
    print(banner.format(mode=mode, address=address, database=serve.DATABASE), flush=True)
    sys.argv = ["gunicorn", "-c", "python:stars.serve", "app:app"]
    wsgiapp.run()


def local_address(host: str, port: int) -> str:
    """The address to type on this machine for a service that listens on `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    shown = f"[{host}]" if ":" in host else host
    return f"http://{reachable.get(host, shown)}:{port}"
