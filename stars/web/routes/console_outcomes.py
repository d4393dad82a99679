"""/console/outcomes: how the next mock purchases are to end. Mock mode only."""

from flask import Response, request

from stars.mock import outcomes
from stars.schemas.mock import OUTCOMES, OutcomeRequest
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.pages import see_other
from stars.web.requests import service

blp = console_blueprint("console_outcomes")

OUTCOME_REQUEST = OutcomeRequest()


@blp.get("/outcomes")
def list_outcomes() -> Response:
    """Show what is armed, and a form to arm more."""
    return show("outcomes.html", armed=outcomes.armed(service().db), outcomes=OUTCOMES)


@blp.post("/outcomes")
def change_outcomes() -> Response:
    """Clear all outcomes, clear one, or arm one: as the button that was pressed says."""
    db = service().db
    clear = request.form.get("clear")
    if clear == "all":
        outcomes.disarm_all(db)
    elif clear is not None:
        outcomes.disarm_one(db, request.form.get("clear", default=0, type=int))
    else:
        arm_from_form()
    return see_other("./outcomes")


def arm_from_form() -> None:
    """Arm what the form says. Raises InvalidPurchasePayload."""
    form = request.form
    match = {}
    for name in outcomes.MATCHED:
        value = form.get(name, "").strip()
        if value:
            match[name] = value
    sent = {
        "match": match,
        "outcome": form.get("outcome"),
        "delay": form.get("delay", type=float),
        "times": form.get("times", type=int),
    }
    wanted = load(OUTCOME_REQUEST, sent)
    outcomes.arm(
        service().db,
        match=wanted["match"],
        outcome=wanted["outcome"],
        delay=wanted["delay"],
        times=wanted["times"],
    )
