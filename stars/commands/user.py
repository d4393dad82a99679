"""`flask user ...`: what is kept of a user, on their request: shown, or forgotten."""

import click

from stars.commands.command import CommandGroup, request_id, service
from stars.commands.output import show_json
from stars.commands.parameters import identifier
from stars.live import personal_data

user = CommandGroup("user", help="Export or forget what is kept of a user.")
user_id = click.argument("user_id", metavar="ID", callback=identifier)


@user.command("export")
@user_id
def export_user(user_id: str) -> None:
    """Print everything that is kept of a user, as JSON."""
    show_json(personal_data.export(service().db, user_id=user_id))


@user.command("forget")
@user_id
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_user(user_id: str, yes: bool) -> None:
    """Put a pseudonym in the place of a user, everywhere.

    What was bought and paid stays, and so do all sums. It cannot be undone; export first.
    """
    if not yes:
        click.confirm(f"Forget the user {user_id}? This cannot be undone", abort=True, err=True)
    click.echo(personal_data.forget(service().db, user_id=user_id, request_id=request_id()))
