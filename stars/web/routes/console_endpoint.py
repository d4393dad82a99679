"""/console/endpoints/<number>: one endpoint, the log of what it was told, and what can be done."""

from collections.abc import Callable

from flask import Response, request

from stars.errors import InvalidQuery, NotFound
from stars.notifications import deliveries, endpoints
from stars.notifications.deliveries import STATES
from stars.notifications.endpoints import FAULTS
from stars.schemas.notifications import MAX_NUMBER, DeliveriesQuery, ResendOne, ResendSince
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.pages import see_other
from stars.web.requests import service

blp = console_blueprint("console_endpoint")

ADDRESS = f"/endpoints/<int(max={MAX_NUMBER}):endpoint_id>"
ROWS = 30
"""Of the log on a page: a screen or two."""

QUERY = DeliveriesQuery()
RESEND_ONE = ResendOne()
RESEND_SINCE = ResendSince()


@blp.get(ADDRESS)
def show_endpoint(endpoint_id: int) -> Response:
    """Show one endpoint and its log, newest first; with ?done=..., what was done to it."""
    here = service()
    mode = here.payments.mode
    endpoint = endpoints.get(here.db, endpoint_id=endpoint_id, mode=mode)
    sent = {name: value for name, value in request.args.items() if value}
    done = sent.pop("done", None)
    asked = load(QUERY, sent, InvalidQuery)
    before = asked.get("before")
    # One more than is shown tells that there are more.
    found = deliveries.find(
        here.db,
        mode=mode,
        endpoint_id=endpoint_id,
        state=read_state_name(asked.get("state")),
        before=before,
        limit=ROWS + 1,
    )
    older = sent | {"before": found[ROWS - 1]["delivery_id"]} if len(found) > ROWS else None
    return show(
        "endpoint.html",
        endpoint=endpoint,
        deliveries=found[:ROWS],
        states=STATES,
        faults=FAULTS if endpoints.may_have_faults(here.settings) else (),
        state_name=asked.get("state"),
        first=before is None,
        older=older,
        done=done,
    )


@blp.post(ADDRESS)
def act(endpoint_id: int) -> Response:
    """Do what the button that was pressed says."""
    here = service()
    endpoint = endpoints.get(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)
    action = request.form.get("action", "")
    if action == "rotate":
        secret = endpoints.rotate(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)
        return show("secret.html", endpoint_id=endpoint_id, secret=secret, is_new=False)
    if action == "remove":
        return remove(endpoint)
    if action not in ACTIONS:
        raise NotFound
    ACTIONS[action](endpoint_id)
    return see_other(f"./{endpoint_id}?done={action}")


def remove(endpoint: endpoints.Endpoint) -> Response:
    """Take an endpoint away with its log, after asking."""
    if "sure" not in request.form:
        return show("sure_remove.html", endpoint=endpoint)
    here = service()
    number = endpoint["endpoint_id"]
    endpoints.remove(here.db, endpoint_id=number, mode=here.payments.mode)
    return see_other("../endpoints?done=remove")


def disable(endpoint_id: int) -> None:
    """Tell it nothing for now."""
    because = "Somebody disabled it in the console."
    endpoints.disable(service().db, endpoint_id=endpoint_id, because=because)


def enable(endpoint_id: int) -> None:
    """Tell it again, from where it was disabled."""
    here = service()
    endpoints.enable(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)


def send_test(endpoint_id: int) -> None:
    """Have it told a test event."""
    here = service()
    deliveries.make_test(here.db, endpoint_id=endpoint_id, mode=here.payments.mode)


def resend(_endpoint_id: int) -> None:
    """Have one delivery sent again. Raises InvalidQuery, DeliveryNotFound."""
    here = service()
    asked = load(RESEND_ONE, {"delivery": request.form.get("delivery")}, InvalidQuery)
    deliveries.resend(here.db, delivery_id=asked["delivery"], mode=here.payments.mode)


def resend_since(endpoint_id: int) -> None:
    """Have everything since then sent again. Raises InvalidQuery."""
    here = service()
    asked = load(RESEND_SINCE, {"since": request.form.get("since", "")}, InvalidQuery)
    deliveries.resend_since(
        here.db, endpoint_id=endpoint_id, mode=here.payments.mode, since=asked["since"]
    )


def set_fault(endpoint_id: int) -> None:
    """Have what it is told from now on go wrong. Raises NotFound where that is not allowed."""
    here = service()
    if not endpoints.may_have_faults(here.settings):
        raise NotFound
    wanted = request.form.get("fault")
    fault = next((known for known in FAULTS if known == wanted), None)
    endpoints.set_fault(here.db, endpoint_id=endpoint_id, mode=here.payments.mode, fault=fault)


ACTIONS: dict[str, Callable[[int], None]] = {
    "disable": disable,
    "enable": enable,
    "test": send_test,
    "resend": resend,
    "resend_since": resend_since,
    "fault": set_fault,
}
"""What the buttons do, by their values."""


def read_state_name(name: str | None) -> deliveries.State | None:
    """Return the state that the log is filtered by. Raises InvalidQuery."""
    if name is None:
        return None
    for state in STATES:
        if state == name:
            return state
    raise InvalidQuery(errors={"state": [f"Must be one of: {', '.join(STATES)}."]})
