"""/console: the list of purchases, what they sum up to, and the search."""

from flask import Response, request

from stars.domain import search, spreadsheet
from stars.domain.types import Purchase
from stars.errors import InvalidQuery
from stars.schemas.requests import ConsoleFilters
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.filters import filters_of
from stars.web.pages import render, see_other
from stars.web.requests import service

blp = console_blueprint("console")

ROWS = 50
"""On a page: a screen or two."""

MOST_LETTERS = 200
"""Of what is searched for: Telegram's charge ids have over 128."""

FILTERS = ConsoleFilters()
VIEWS = {
    "All": {},
    "Pending": {"status": "pending"},
    "To hand out": {"status": "succeeded", "fulfilled": "no"},
    "Failed": {"status": "failed"},
    "Refunded": {"status": "refunded"},
}
"""The filters that are asked for most, one click away."""


@blp.get("")
def list_purchases() -> Response:
    """Show purchases, newest first: all, or those that the filters ask for, a page at a time."""
    sent = sent_filters()
    asked = load(FILTERS, sent, InvalidQuery)
    if "purchase_id" in asked:
        return see_other(f"console/purchases/{asked['purchase_id']}")
    after = asked.get("after")
    # One more than is shown tells that there are more.
    found = search.find_page(service().db, filters_of(asked), limit=ROWS + 1, after=after)
    sent.pop("after", None)
    return show(
        "purchases.html",
        purchases=found[:ROWS],
        sent=sent,
        views=VIEWS,
        asked=asked,
        older=sent | {"after": page_key(found[ROWS - 1])} if len(found) > ROWS else None,
        first=after is None,
    )


@blp.get("/search")
def search_purchases() -> Response:
    """Lead to the one purchase that is meant, or show those that may be."""
    word = request.args.get("word", "").strip()[:MOST_LETTERS]
    if not word:
        return see_other("../console")
    found = search.by_word(service().db, word.replace("\0", ""))
    if len(found) == 1:
        return see_other(f"purchases/{found[0]['purchase_id']}")
    return show("search.html", word=word, purchases=found)


@blp.get("/totals")
def show_totals() -> Response:
    """Show how many purchases the filters ask for, and their Stars; a part of the list's page."""
    asked = load(FILTERS, sent_filters(), InvalidQuery)
    totals = search.total(service().db, filters_of(asked))
    return render("console/totals.html", totals=totals)


@blp.get("/purchases.csv")
def download_purchases() -> Response:
    """Send all purchases that the filters ask for, as they are read."""
    asked = load(FILTERS, sent_filters(), InvalidQuery)
    found = search.each(service().db, filters_of(asked))
    headers = {"Content-Disposition": 'attachment; filename="purchases.csv"'}
    return Response(spreadsheet.lines(found), headers=headers, mimetype="text/csv")


def sent_filters() -> dict[str, str]:
    """Return the filters of the address that say something."""
    sent = {name: value.strip() for name, value in request.args.items()}
    return {name: value for name, value in sent.items() if value}


def page_key(purchase: Purchase) -> str:
    """Return where a page ends, for the address of the next one."""
    return f"{purchase['created_at']}_{purchase['purchase_id']}"
