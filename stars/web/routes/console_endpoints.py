"""/console/endpoints: whom the service tells of what happens, and a form to add one."""

from collections.abc import Mapping

from flask import Response, request

from stars.errors import InvalidEndpoint
from stars.notifications import endpoints
from stars.schemas.backend import EVENT_TYPES
from stars.schemas.notifications import EndpointForm
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.requests import service

blp = console_blueprint("console_endpoints")

ENDPOINT_FORM = EndpointForm()


@blp.get("/endpoints")
def list_endpoints() -> Response:
    """Show the endpoints of this mode."""
    return show_list(removed=request.args.get("done") == "remove")


@blp.post("/endpoints")
def add_endpoint() -> Response:
    """Add an endpoint, and show its secret this once. What is refused keeps the form."""
    here = service()
    sent = {"url": request.form.get("url", "").strip(), "types": request.form.getlist("types")}
    try:
        asked = load(ENDPOINT_FORM, sent, InvalidEndpoint)
        number, secret = endpoints.add(
            here.db,
            url=asked["url"],
            mode=here.payments.mode,
            types=asked["types"] or None,
            is_development=here.settings.app_env == "development",
        )
    except InvalidEndpoint as refusal:
        return show_list(sent=sent, refusal=refusal)
    return show("secret.html", endpoint_id=number, secret=secret, is_new=True)


def show_list(
    sent: Mapping[str, object] | None = None,
    refusal: InvalidEndpoint | None = None,
    removed: bool = False,
) -> Response:
    """Return the page of the endpoints, with what was sent and why it was refused."""
    here = service()
    return show(
        "endpoints.html",
        status=refusal.status if refusal else 200,
        endpoints=endpoints.find(here.db, mode=here.payments.mode),
        types=EVENT_TYPES,
        sent=sent or {},
        refusal=refusal,
        removed=removed,
    )
