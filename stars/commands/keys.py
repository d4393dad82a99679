"""`flask keys`: the keys of the shop's backend."""

import click

from stars.commands.command import CommandGroup, service
from stars.commands.output import show_table
from stars.commands.parameters import as_json, identifier
from stars.domain import api_keys
from stars.domain.api_keys import Scope

keys = CommandGroup("keys", help="Make and revoke the keys of the shop's backend.")
name = click.argument("name", metavar="NAME", callback=identifier)


@keys.command("create")
@name
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(api_keys.SCOPES),
    multiple=True,
    required=True,
    help="What the key may do; can be given more than once.",
)
def create_key(name: str, scopes: tuple[Scope, ...]) -> None:
    """Make a key for the mode the service is in, and show it this once."""
    here = service()
    plain_text = api_keys.create(here.db, name=name, mode=here.payments.mode, scopes=list(scopes))
    click.echo(plain_text)
    click.echo("Keep it now: it is not shown again.", err=True)


@keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List all keys, when each was last used (to the minute) and which are revoked."""
    columns = ["name", "mode", "scopes", "hint", "created_at", "last_used_at", "revoked_at"]
    found = api_keys.find(service().db)
    show_table(found, columns, as_json=as_json, if_none="No keys.")


@keys.command("revoke")
@name
def revoke_key(name: str) -> None:
    """Make a key worth nothing, from now on."""
    api_keys.revoke(service().db, name=name)
    click.echo(f"The key {name} is revoked.")
