"""The arguments of a call: wherever they stand in a request, and how methods read them."""

import json
import re

from werkzeug.wrappers import Request

from stars.simulator.answers import Refused

Args = dict[str, str]
TRUE = ("true", "yes", "1")
WHOLE_NUMBER = re.compile(r"-?\d{1,18}")


def arguments(request: Request) -> Args:
    """The arguments in query, form, multipart and JSON. What is not a string stays JSON."""
    args = {**request.args, **request.form}
    given = request.get_json(silent=True) if request.mimetype == "application/json" else None
    if not isinstance(given, dict):
        return args
    for name, value in given.items():
        if isinstance(value, str):
            args[name] = value
        elif value is not None:
            args[name] = json.dumps(value, ensure_ascii=False)
    return args


def refuse_if(wrong: object, why: str) -> None:
    """Raise Refused with these words if something is wrong."""
    if wrong:
        raise Refused(why)


def required(args: Args, name: str) -> str:
    """An argument that must be there; raises Refused."""
    refuse_if(not args.get(name), f'parameter "{name}" is required')
    return args[name]


def whole(args: Args, name: str, default: int, low: int, high: int) -> int:
    """A whole number. One that is out of bounds is brought within them, as Telegram does."""
    given = args.get(name, "")
    if not WHOLE_NUMBER.fullmatch(given):
        return default
    return min(high, max(low, int(given)))


def flag(args: Args, name: str) -> bool:
    """A Boolean; whatever is not true is false."""
    return args.get(name, "").lower() in TRUE
