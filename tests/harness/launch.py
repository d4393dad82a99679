"""Launch data of a Mini App, signed as Telegram signs it."""

import json
import time

from init_data_py import sign

from harness.constants import BOT_TOKEN


def launch_data(user_id: int = 42, *, age: float = 0, token: str = BOT_TOKEN, **fields: str) -> str:
    """Return what a Mini App of this user sends, `age` seconds old.

    A `user_id` of 0 leaves the user out; `fields` are added as they are.
    """
    user = {"user": json.dumps({"id": user_id, "first_name": "A"})} if user_id else {}
    return str(sign({**user, "query_id": "AAE", **fields}, token, auth_date=time.time() - age))
