"""What the shop's own bot answers an update that was passed on to it: nothing, or a call.

Telegram carries such a call out when it is the answer to the update. So do we, since Telegram's
own answer has been given by then.

https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

import json
import logging
import re
from io import BytesIO

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from stars.live.telegram import Telegram, TelegramError
from stars.outgoing import Outcome

METHOD = re.compile(r"[A-Za-z]{1,64}")
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")

log = logging.getLogger(__name__)


def carry_out(telegram: Telegram, outcome: Outcome) -> None:
    """Ask Telegram for what a bot has answered, if that is a call. It is asked for once.

    What Telegram refuses is logged: the bot would not hear of it from Telegram either.
    """
    method = method_of(outcome)
    if method is None:
        return
    try:
        telegram.pass_on(method, body=outcome.answer, content_type=outcome.content_type)
    except TelegramError as error:
        log.warning("bot_answer_refused", extra={"method": method, "reason": str(error)})


def method_of(outcome: Outcome) -> str | None:
    """Return the name of the method that an answer calls, None if it calls none."""
    mimetype, options = parse_options_header(outcome.content_type)
    name: object = None
    if mimetype in FORMS:
        parser = FormDataParser(silent=True)
        length = len(outcome.answer)
        _, form, _ = parser.parse(BytesIO(outcome.answer), mimetype, length, options)
        name = form.get("method")
    else:
        name = _method_in_json(outcome.answer)
    if not isinstance(name, str) or not METHOD.fullmatch(name):
        return None
    return name


def _method_in_json(body: bytes) -> object:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document.get("method") if isinstance(document, dict) else None
