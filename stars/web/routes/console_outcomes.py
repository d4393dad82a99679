"""/console/outcomes: how the next mock purchases are to end. Mock mode only."""

from dataclasses import dataclass

from flask import Response, request

from stars.domain.payments import OutcomeName
from stars.mock import outcomes
from stars.schemas.mock import OUTCOMES, OutcomeRequest
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.pages import see_other
from stars.web.requests import service

blp = console_blueprint("console_outcomes")

OUTCOME_REQUEST = OutcomeRequest()


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What one click arms, for anybody and anything. `delay` is in seconds."""

    outcome: OutcomeName
    delay: float = 0
    times: int = 1


PRESETS = {
    "Fail the next one": Preset(outcome="failed"),
    "Fail the next three": Preset(outcome="failed", times=3),
    "Leave the next one pending": Preset(outcome="pending"),
    "Lose the answer to the next one": Preset(outcome="lost"),
    "Let the next one take 5 s": Preset(outcome="paid", delay=5),
}
"""By what the button says."""


@blp.get("/outcomes")
def list_outcomes() -> Response:
    """Show what is armed, and a form to arm more."""
    db = service().db
    return show(
        "outcomes.html",
        armed=outcomes.armed(db),
        taken=outcomes.taken(db),
        outcomes=OUTCOMES,
        presets=PRESETS,
    )


@blp.post("/outcomes")
def change_outcomes() -> Response:
    """Arm a preset, clear all, clear one, or arm what the form says: as the pressed button says."""
    db = service().db
    clear = request.form.get("clear")
    preset = PRESETS.get(request.form.get("preset", ""))
    if preset is not None:
        outcomes.arm(db, match={}, outcome=preset.outcome, delay=preset.delay, times=preset.times)
    elif clear == "all":
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
