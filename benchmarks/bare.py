"""The service with two routes more, for flow.py: each runs a statement of the flow and does nothing else.

No caller, no schema, no rule of ours: what no service of Flask and psycopg on the same machine can be faster than.
"""

import json

from flask import Response, request

from app import app
from stars.database.queries import queries
from stars.domain.purchases import CREATE_INVOICE, RECORD_PURCHASE, UNASKED, Step

REST = {
    "user_id": "bench",
    "mode": "mock",
    "metadata": "{}",
    "request_id": "0" * 32,
    "heeds_armed": False,
}


def run(step: Step) -> Response:
    """One statement, its row as it comes."""
    asked = json.loads(request.get_data())
    row = app.extensions["stars"].db.fetch_one(
        queries.transition_purchase, **UNASKED | vars(step) | REST | asked
    )
    return Response(json.dumps(row[-1]) + "\n", mimetype="application/json")


app.add_url_rule("/bare/invoice", "bare_invoice", lambda: run(CREATE_INVOICE), methods=["POST"])
app.add_url_rule("/bare", "bare_purchase", lambda: run(RECORD_PURCHASE), methods=["POST"])
