"""Answers to the presses of buttons, and to queries that are never asked here."""

from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.checkouts import TOO_LATE
from stars.simulator.records import Bot
from stars.simulator.world import World

LONGEST_ANSWER = 200  # characters


def answer_callback_query(world: World, bot: Bot, args: Args) -> bool:
    """Answer the press of a button, once."""
    press = world.presses.get(args.text("callback_query_id"))
    if press is None or press.bot is not bot or press.answered:
        raise Refused(TOO_LATE)
    text = args.text("text")
    refuse_if(len(text) > LONGEST_ANSWER, "MESSAGE_TOO_LONG")
    press.text = text
    press.show_alert = args.flag("show_alert")
    press.url = args.text("url")
    press.answered = True
    world.lock.notify_all()
    return True


def answer_unasked_query(_world: World, _bot: Bot, _args: Args) -> bool:
    """Refuse: nobody asks such queries here, so none can be answered."""
    raise Refused(TOO_LATE)


METHODS = {
    "answercallbackquery": answer_callback_query,
    "answerinlinequery": answer_unasked_query,
    "answershippingquery": answer_unasked_query,
}
