"""/console/stars: where the bot's Stars came from, where they went, and what can be taken out."""

from datetime import UTC, timedelta

from flask import Response, request

from stars.domain import amounts
from stars.live import balance
from stars.live.balance import Balance
from stars.live.payments import LivePayments
from stars.web import charts
from stars.web.console import console_blueprint, show
from stars.web.requests import service

blp = console_blueprint("console_stars")

SHOWN = {"day": 60, "month": 36}
"""How many of the newest lines the page shows; the spreadsheet has all."""

EXPIRES_WITHIN = (30, 90, 365)  # days


@blp.get("/stars")
def show_stars() -> Response:
    """Show the balance by kind, and what each day or month came to."""
    by = asked_period()
    found = read_balance()
    lines = found.lines(by_month=by == "month")[-SHOWN[by] :]
    highest = [max(line.came_in, -line.went_out) // amounts.NANO for line in lines]
    return show(
        "stars.html",
        by=by,
        found=found,
        told_at=found.told_at.astimezone(UTC).isoformat() if found.told_at else None,
        lines=lines,
        columns=charts.flows(highest),
        expiring=expiring(found),
        stars=amounts.stars,
        nano=amounts.NANO,
    )


@blp.get("/stars.csv")
def download_stars() -> Response:
    """Send every line there is."""
    by = asked_period()
    lines = read_balance().lines(by_month=by == "month")
    headers = {"Content-Disposition": f'attachment; filename="stars-by-{by}.csv"'}
    return Response(balance.spreadsheet(lines), headers=headers, mimetype="text/csv")


def asked_period() -> str:
    """Return whether lines are days or months; days, unless months are asked for."""
    return "month" if request.args.get("by") == "month" else "day"


def read_balance() -> Balance:
    """Return the balance as it was read last. Telegram is asked by whoever reconciles."""
    here = service()
    assert isinstance(here.payments, LivePayments)
    return balance.read(here.db, bot_id=here.payments.telegram.bot_id)


def expiring(found: Balance) -> dict[int, int]:
    """Return what is lost within so many days unless it is taken out."""
    today = balance.today()
    return {days: found.expiring(until=today + timedelta(days=days)) for days in EXPIRES_WITHIN}
