"""`flask endpoints` and `flask deliveries`: whom the service tells, and what it told."""

from datetime import datetime
from typing import Protocol, TypeVar

import click

from stars.commands.command import CommandGroup, service
from stars.commands.output import show_table
from stars.commands.parameters import as_json, moment
from stars.database.pool import Database
from stars.domain.types import Mode
from stars.notifications import deliveries as log
from stars.notifications import endpoints as addresses
from stars.notifications.deliveries import State
from stars.notifications.endpoints import FAULTS, Fault
from stars.schemas.backend import EVENT_TYPES

endpoints = CommandGroup("endpoints", help="Say whom the service tells of what happens.")
deliveries = CommandGroup("deliveries", help="Look at what was told, and tell it again.")
endpoint_id = click.argument("endpoint_id", metavar="NUMBER", type=click.IntRange(1, 2**63 - 1))
SECRET_ONCE = "Keep the secret now: it is not shown again."

Answer = TypeVar("Answer", covariant=True)


class Verb(Protocol[Answer]):
    """Something that can be done to one endpoint of a mode. Raises EndpointNotFound."""

    def __call__(self, db: Database, *, endpoint_id: int, mode: Mode) -> Answer:
        """Do it."""


def act(verb: Verb[Answer], endpoint_id: int) -> Answer:
    """Do something to an endpoint of this service's mode, and return what comes of it."""
    here = service()
    return verb(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)


@endpoints.command("add")
@click.argument("url")
@click.option(
    "--types",
    metavar="TYPE,...",
    help="Only these types of events, like purchase.succeeded,purchase.refunded.",
)
def add_endpoint(url: str, types: str | None) -> None:
    """Tell an address of what happens from now on, and show its secret this once."""
    here = service()
    number, secret = addresses.add(
        here.db,
        url=url,
        mode=here.payments.mode,
        types=read_types(types),
        is_development=here.settings.app_env == "development",
    )
    click.echo(f"endpoint {number}\n{secret}")
    click.echo(SECRET_ONCE, err=True)


def read_types(types: str | None) -> list[str] | None:
    """Return the types that are asked for; None for all. Raises BadParameter."""
    if types is None:
        return None
    names = [name.strip() for name in types.split(",")]
    unknown = sorted(set(names) - set(EVENT_TYPES))
    if unknown:
        raise click.BadParameter(f"unknown: {', '.join(unknown)}; known: {', '.join(EVENT_TYPES)}")
    return names


@endpoints.command("list")
@as_json
def list_endpoints(as_json: bool) -> None:
    """List the endpoints of this mode."""
    here = service()
    columns = ["endpoint_id", "url", "message_types", "waiting", "failing_since", "disabled_at"]
    found = addresses.find(here.db, mode=here.payments.mode)
    show_table(found, columns, as_json=as_json, if_none="No endpoints.")


@endpoints.command("remove")
@endpoint_id
def remove_endpoint(endpoint_id: int) -> None:
    """Take an endpoint away, with its log."""
    act(addresses.remove, endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is removed.")


@endpoints.command("rotate")
@endpoint_id
def rotate_secret(endpoint_id: int) -> None:
    """Give an endpoint a new secret. The one before signs as well, for a day."""
    secret = act(addresses.rotate, endpoint_id)
    click.echo(secret)
    click.echo(SECRET_ONCE, err=True)


@endpoints.command("disable")
@endpoint_id
def disable_endpoint(endpoint_id: int) -> None:
    """Tell an endpoint nothing for now. What happens meanwhile is kept for it."""
    here = service()
    addresses.get(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)
    addresses.disable(here.db, endpoint_id=endpoint_id, because="An operator disabled it.")
    click.echo(f"Endpoint {endpoint_id} is disabled.")


@endpoints.command("enable")
@endpoint_id
def enable_endpoint(endpoint_id: int) -> None:
    """Tell an endpoint again, from where it was disabled."""
    act(addresses.enable, endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is enabled.")


@endpoints.command("test")
@endpoint_id
def send_test_event(endpoint_id: int) -> None:
    """Send an endpoint a test event."""
    number = act(log.make_test, endpoint_id)
    click.echo(f"Delivery {number} is on its way: see flask deliveries list.")


@endpoints.command("fault")
@endpoint_id
@click.argument("fault", type=click.Choice([*FAULTS, "none"]))
def set_fault(endpoint_id: int, fault: Fault | str) -> None:
    """Have what an endpoint is told come twice, late, at the second attempt, or out of order.

    In mock mode and in a rehearsal alone.
    """
    here = service()
    if not addresses.may_have_faults(here.settings):
        raise click.ClickException("Faults are for mock mode and for a rehearsal.")
    wanted = next((known for known in FAULTS if known == fault), None)
    addresses.set_fault(here.db, endpoint_id=endpoint_id, mode=here.payments.mode, fault=wanted)
    click.echo(f"Endpoint {endpoint_id}: {fault}, from the next event on.")


@deliveries.command("list")
@click.option("--endpoint", "number", type=click.IntRange(1, 2**63 - 1), help="Of this one alone.")
@click.option("--state", type=click.Choice(log.STATES))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def list_deliveries(number: int | None, state: State | None, limit: int, as_json: bool) -> None:
    """List what was told, newest first: attempts, status, time."""
    here = service()
    columns = [
        "delivery_id",
        "endpoint_id",
        "message_type",
        "purchase_id",
        "state",
        "attempts",
        "last_status",
        "last_error",
        "due_at",
    ]
    found = log.find(here.db, mode=here.payments.mode, endpoint_id=number, state=state, limit=limit)
    show_table(found, columns, as_json=as_json, if_none="No deliveries.")


@deliveries.command("resend")
@click.argument("delivery_id", metavar="NUMBER", type=click.IntRange(1, 2**63 - 1))
def resend_delivery(delivery_id: int) -> None:
    """Send one delivery again, however it ended."""
    here = service()
    log.resend(here.db, delivery_id=delivery_id, mode=here.payments.mode)
    click.echo(f"Delivery {delivery_id} is on its way again.")


@deliveries.command("resend-since")
@endpoint_id
@click.argument("since", metavar="TIME", callback=moment)
def resend_since(endpoint_id: int, since: datetime) -> None:
    """Send everything again that an endpoint was to be told since then."""
    here = service()
    count = log.resend_since(here.db, endpoint_id=endpoint_id, mode=here.payments.mode, since=since)
    click.echo(f"{count} deliveries are on their way again.")
