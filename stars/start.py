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
    import psycopg
    from gunicorn.app import wsgiapp

    from stars import errors, serve
    from stars.database import migrate
    from stars.database.pool import Database

    db = Database(lambda: os.environ["DATABASE_URL"], max_connections=1)
    try:
        migrate.migrate(db)
    except (errors.Refusal, migrate.MigrationError, psycopg.Error) as no:
        sys.exit(f"the database cannot be migrated: {no}")
    finally:
        db.close()
    settings = serve.settings
    address = (
        settings.public_url
        or f"http://{settings.host.replace('0.0.0.0', '127.0.0.1')}:{settings.port}"
    )
    banner = BANNER + NEXT[settings.mode]
    print(
        banner.format(mode=MODES[settings.mode], address=address, database=serve.DATABASE),
        flush=True,
    )
    sys.argv = ["gunicorn", "-c", "python:stars.serve", "app:app"]
    wsgiapp.run()
