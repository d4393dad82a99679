"""A shop's backend in Python: it hands out exactly once what was paid, and says so.

pip install flask requests standardwebhooks
STARS=http://127.0.0.1:8000 STARS_KEY=sk_mock_... WEBHOOK_SECRET=whsec_... python backend.py
"""

import os
import sqlite3

import requests
from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

STARS = os.environ["STARS"]
KEY = {"Authorization": f"Bearer {os.environ['STARS_KEY']}"}
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
app = Flask(__name__)

with sqlite3.connect(os.environ.get("SHOP_DB", "shop.db")) as db:
    db.execute("CREATE TABLE IF NOT EXISTS goods (purchase_id TEXT PRIMARY KEY, user, item)")


@app.post("/stars")
def be_told():
    """Take a notification. It may come twice or late: what counts is in the shop's own table."""
    try:
        message = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "not signed by the service", 401
    if message["type"] == "purchase.succeeded":
        hand_out(message["data"])
    return "", 204


def hand_out(event):
    """Give the item once, then tell the service, which refuses to refund it from then on."""
    purchase_id = event["purchase_id"]
    fulfil = f"{STARS}/api/v1/purchases/{purchase_id}/fulfil"
    # First the promise: a purchase whose Stars went back is refused here, and nothing is given.
    answer = requests.post(fulfil, json={"reference": purchase_id}, headers=KEY, timeout=15)
    if answer.status_code == 409:
        return
    answer.raise_for_status()
    with sqlite3.connect(os.environ.get("SHOP_DB", "shop.db"), timeout=15) as db:
        item = event["payload"]["item_id"]
        row = (purchase_id, event["user_id"], item)
        db.execute("INSERT OR IGNORE INTO goods VALUES (?, ?, ?)", row)


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "9000")))
