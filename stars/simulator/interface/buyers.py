"""Buyers under /sim/: create and change them, sign their launch data."""

import json
import time

import init_data_py

from stars.simulator.amounts import Json
from stars.simulator.interface.lookup import HIGHEST, find_bot, find_user, number
from stars.simulator.records import User
from stars.simulator.world import World

TEXTS = ("first_name", "last_name", "username", "language_code")


def list_users(world: World, _given: Json) -> list[Json]:
    """All users."""
    return [vars(user) for user in world.users.values()]


def post_user(world: World, given: Json) -> Json:
    """Create or change a user."""
    return vars(save_user(world, given))


def save_user(world: World, given: Json) -> User:
    """Create a user, or change the one with that id; raises ValueError."""
    user_id = int(number(given, "id", 0, HIGHEST - 1))
    known = world.users.get(user_id)
    stars = int(number(given, "stars", known.stars if known else 0))
    user = known or world.add_user(user_id)
    for name in TEXTS:
        if name in given:
            setattr(user, name, str(given[name]))
    user.stars = stars
    world.note("user", **vars(user))
    return user


def sign_launch_data(world: World, given: Json) -> Json:
    """Sign launch data, as the Mini App of `bot` gets it for `user`.

    Its date is real, whatever the clock was pushed by, unless `auth_date` gives another.
    """
    user = find_user(world, given)
    bot = find_bot(world, given)
    shown = user.shown()
    del shown["is_bot"]
    shown["allows_write_to_pm"] = True
    fields = {
        "query_id": world.word(24),
        "user": json.dumps(shown, ensure_ascii=False, separators=(",", ":")),
        # Telegram's own would need its private key; `hash` covers this one as well.
        "signature": world.word(86),
    }
    if "start_param" in given:
        fields["start_param"] = str(given["start_param"])
    auth_date = number(given, "auth_date", time.time())
    return {"init_data": init_data_py.sign(fields, bot.token, auth_date=auth_date)}


LOOK = {"users": list_users}
ACT = {"users": post_user, "launch": sign_launch_data}
