"""The arguments and options that several commands take, checked as the API checks them."""

from datetime import datetime
from typing import cast

import click
from marshmallow import ValidationError

from stars.schemas import values

MOMENT = values.Moment("")


def identifier(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """Return an id that a purchase, a user or an item can have. Raises BadParameter."""
    if value is not None and not values.IDENTIFIER.fullmatch(value):
        raise click.BadParameter("an id is 1-64 of A-Za-z0-9._:-")
    return value


def moment(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> datetime | None:
    """Return a day or a moment, of UTC unless it says otherwise. Raises BadParameter."""
    if value is None:
        return None
    try:
        return cast(datetime, MOMENT.deserialize(value))
    except ValidationError as error:
        reasons = cast(list[str], error.messages)
        raise click.BadParameter(" ".join(reasons)) from None


purchase_id = click.argument("purchase_id", metavar="ID", callback=identifier)
as_json = click.option("--json", "as_json", is_flag=True, help="For machines.")
service_address = click.option(
    "--service",
    envvar="STARS_URL",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="Where it runs.",
)
server_key = click.option("--key", envvar="STARS_KEY", help="A server key of it; else STARS_KEY.")
