"""`flask rehearse`: live mode beside the simulator, for a person to try everything in a browser."""

import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx
import psycopg
from flask.cli import with_appcontext

from stars import children
from stars.commands.command import Command, service
from stars.database import embedded
from stars.mock import demo, links

PAUSE = 0.1  # seconds between two looks at a process that starts: a person notices none
POCKET = 10_000  # Stars of the buyer: enough for the dearest item, several times
OPEN = """
Real Stars, rehearsed; nothing of this is kept, and Ctrl-C ends it.

  1. the shop      {telegram}/app?user={buyer}
                   Alice buys, {stars} Stars in her pocket; paying opens what Telegram would show
  2. Telegram      {telegram}/           links, buyers, what happened, and what goes wrong
  3. the console   {service}/console    what the service knows; refunds are there

  flask commands:  export {variables}
"""

Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Stage:
    """Where the service and the simulator listen, and the environment they share."""

    port: int
    service: str
    telegram: str
    database: str
    variables: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all processes of this rehearsal."""
        return children.environment(
            **self.variables,
            DATABASE_URL=self.database,
            HOST="127.0.0.1",
            PORT=str(self.port),
        )


@click.command("rehearse", cls=Command)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    help="Of the service; the simulator takes the next one.",
)
@click.option("--app", help="A front end of your own, like http://localhost:5173.")
@with_appcontext
def rehearse(port: int, app: str | None) -> None:
    """Start live mode beside the simulator, and say what to open.

    In development alone.
    """
    if service().settings.app_env != "development":
        raise click.ClickException("A rehearsal is for development: unset APP_ENV.")
    stage = set_up(port)
    if app:
        stage.variables["CORS_ORIGINS"] = origin(app)
    simulator = ["stars.simulator", "--port", str(port + 1)]
    simulator += ["--service-url", f"{stage.service}/console"]
    simulator += ["--app-url", app or f"{stage.service}/mock/demo"]
    if service().settings.mock_links == "t.me":
        simulator += ["--link-base", links.TELEGRAM]
    with running(stage, *simulator) as simulated, running(stage, "stars.start") as served:
        wait_for(f"{stage.telegram}/", [simulated, served])
        wait_for(f"{stage.service}/livez", [simulated, served])
        run_command(stage, "items", "import", "-", stdin=json.dumps(catalogue()))
        run_command(stage, "telegram", "webhook", "set")
        click.echo(invitation(stage))
        served.wait()


def set_up(port: int) -> Stage:
    """Return where this rehearsal takes place, with new secrets and an empty database."""
    here = f"http://127.0.0.1:{port}"
    telegram = f"http://127.0.0.1:{port + 1}"
    variables = {
        "MOCK_PAYMENTS": "false",
        "TELEGRAM_STARS_ENABLED": "true",
        "TELEGRAM_API_URL": telegram,
        "PUBLIC_URL": here,
        "TELEGRAM_BOT_TOKEN": f"123456:{secrets.token_hex(20)}",
        "TELEGRAM_WEBHOOK_SECRET": secrets.token_hex(20),
    }
    return Stage(port, here, telegram, fresh_database(), variables)


def origin(address: str) -> str:
    """Return the origin of an address, as browsers name it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def fresh_database() -> str:
    """Return the address of an empty database on an embedded server of its own.

    So the catalogue and the rows of the mock stay as they are.
    """
    url = embedded.start(Path(".rehearsal"))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
        admin.execute("CREATE DATABASE rehearsal")
    return url.replace("/postgres?", "/rehearsal?")


@contextmanager
def running(stage: Stage, module: str, *words: str) -> Iterator[Process]:
    """Lend a process that runs a module of the package; it is ended afterwards."""
    process = subprocess.Popen(children.command(module, *words), env=stage.environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, processes: list[Process]) -> None:
    """Wait until `address` answers.

    Raises ClickException when one of the processes has ended instead.
    """
    while all(process.poll() is None for process in processes):
        try:
            httpx.get(address, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(PAUSE)
    raise click.ClickException(f"{address} does not start; its reason is above.")


def run_command(stage: Stage, *words: str, stdin: str = "") -> None:
    """Run a command of the service as a person would. Its answer is not shown, its errors are."""
    subprocess.run(
        children.command("stars", *words),
        env=stage.environment,
        check=True,
        text=True,
        input=stdin,
        stdout=subprocess.DEVNULL,
    )


def catalogue() -> list[dict[str, object]]:
    """Return the demo's items as `flask items import` takes them."""
    return [
        {
            "item_id": item.item_id,
            "title": item.item_id,
            "description": "Of the demo shop",
            "price_stars": item.price_stars,
            "purchase_type": item.purchase_type,
            "subscription_period": item.subscription_period,
        }
        for item in demo.ITEMS
    ]


def invitation(stage: Stage) -> str:
    """Return what to open, for a buyer who is made here."""
    buyer = ask(stage, "users", {"first_name": "Alice", "stars": POCKET})
    variables = {"DATABASE_URL": stage.database, **stage.variables}
    exported = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    return OPEN.format(
        service=stage.service,
        telegram=stage.telegram,
        buyer=buyer["id"],
        stars=buyer["stars"],
        variables=" ".join(exported),
    )


def ask(stage: Stage, path: str, body: dict[str, object]) -> dict[str, Any]:
    """Return what the simulator answers to a call of its own interface."""
    answer = httpx.post(f"{stage.telegram}/sim/{path}", json=body, trust_env=False)
    document: dict[str, Any] = answer.json()
    return document
