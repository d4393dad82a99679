"""`flask rehearse`: the service in live mode beside the simulator, so that a person can try it all in a browser."""

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import httpx
import psycopg
from flask.cli import with_appcontext

from stars.commands.cli import Command, service
from stars.database import embedded
from stars.mock import demo

ROOT = Path(__file__).resolve().parents[2]
SHOP = [
    {
        "item_id": item.item_id,
        "title": item.item_id,
        "description": "Of the demo shop",
        "price_stars": item.price_stars,
        "purchase_type": item.purchase_type,
    }
    for item in demo.ITEMS
]
OPEN = """
Real Stars, rehearsed; nothing of this is kept, and Ctrl-C ends it.

  1. the shop      {service}/mock/demo#tgWebAppData={launch}
                   Alice buys, {stars} Stars in her pocket; paying opens what Telegram would show
  2. Telegram      {telegram}/           its links, buyers, and all that happened; faults: see the README
  3. the console   {service}/console    what the service knows; refunds are there

  flask commands:  export DATABASE_URL='{database}' {variables}
"""


@click.command("rehearse", cls=Command)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    help="Of the service; the simulator takes the next one.",
)
@with_appcontext
def rehearse(port: int) -> None:
    """Start the service in live mode beside the simulator, and say what to open. In development alone."""
    if service().settings.app_env != "development":
        raise click.ClickException("A rehearsal is for development: unset APP_ENV.")
    here, telegram = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    variables = {
        "MOCK_PAYMENTS": "false",
        "TELEGRAM_STARS_ENABLED": "true",
        "TELEGRAM_API_URL": telegram,
        "PUBLIC_URL": here,
        "TELEGRAM_BOT_TOKEN": f"123456:{secrets.token_hex(20)}",
        "TELEGRAM_WEBHOOK_SECRET": secrets.token_hex(20),
    }
    database = fresh_database()
    environment = (
        os.environ | variables | {"DATABASE_URL": database, "HOST": "127.0.0.1", "PORT": str(port)}
    )
    running = [
        subprocess.Popen([sys.executable, *words], env=environment, cwd=ROOT)
        for words in (["-m", "stars.simulator", "--port", str(port + 1)], ["app.py"])
    ]
    try:
        for address in (f"{telegram}/", f"{here}/livez"):
            wait_for(address, running)
        for words in (["items", "import", "-"], ["telegram", "webhook", "set"]):
            subprocess.run(
                [sys.executable, "-m", "flask", *words],
                env=environment,
                cwd=ROOT,
                check=True,
                text=True,
                input=json.dumps(SHOP),
                stdout=subprocess.DEVNULL,
            )
        buyer = httpx.post(
            f"{telegram}/sim/users", json={"first_name": "Alice", "stars": 10_000}
        ).json()
        launch = httpx.post(f"{telegram}/sim/launch", json={"user": buyer["id"]}).json()[
            "init_data"
        ]
        click.echo(
            OPEN.format(
                service=here,
                telegram=telegram,
                launch=quote(launch, safe=""),
                stars=buyer["stars"],
                database=database,
                variables=" ".join(f"{name}={value}" for name, value in variables.items()),
            )
        )
        running[1].wait()
    finally:
        for process in running:
            process.terminate()
            process.wait()


def fresh_database() -> str:
    """The address of an empty database on an embedded server of its own: the mock's catalogue and rows stay as they are."""
    url = embedded.start(Path(".rehearsal"))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
        admin.execute("CREATE DATABASE rehearsal")
    return url.replace("/postgres?", "/rehearsal?")


def wait_for(address: str, running: list[subprocess.Popen[Any]]) -> None:
    """Wait until `address` answers. Raises ClickException when one of the processes has ended instead."""
    while all(process.poll() is None for process in running):
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise click.ClickException(f"{address} does not start; its reason is above.")
