"""Messages that are neither text nor file: dice, places, contacts, polls."""

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot
from stars.simulator.world import World

# How many faces a dice with this emoji has.
FACES = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}


def send_dice(world: World, bot: Bot, args: Args) -> Json:
    """Send a dice, thrown at random."""
    emoji = args.text("emoji", "🎲")
    refuse_if(emoji not in FACES, "wrong dice emoji specified")
    value = world.random.randint(1, FACES[emoji])
    return send(world, bot, args, {"dice": {"emoji": emoji, "value": value}})


def send_location(world: World, bot: Bot, args: Args) -> Json:
    """Send a place."""
    return send(world, bot, args, {"location": _location(args)})


def send_venue(world: World, bot: Bot, args: Args) -> Json:
    """Send a place that has a name."""
    location = _location(args)
    venue = {"location": location, "title": args.text("title"), "address": args.text("address")}
    return send(world, bot, args, {"venue": venue, "location": location})


def send_contact(world: World, bot: Bot, args: Args) -> Json:
    """Send somebody's telephone number."""
    contact = {
        "phone_number": args.required("phone_number"),
        "first_name": args.required("first_name"),
    }
    if args.text("last_name"):
        contact["last_name"] = args.text("last_name")
    return send(world, bot, args, {"contact": contact})


def send_poll(world: World, bot: Bot, args: Args) -> Json:
    """Send a poll, in which nobody votes."""
    given = args.parsed("options", "options")
    if not isinstance(given, list) or not given:
        raise Refused("poll must have at least 1 answer option")
    options = [
        {
            "persistent_id": str(number),
            "text": str(option["text"] if isinstance(option, dict) else option),
            "voter_count": 0,
        }
        for number, option in enumerate(given)
    ]
    poll = {
        "id": str(world.random.randrange(10**17, 2**63)),
        "question": args.required("question"),
        "options": options,
        "total_voter_count": 0,
        "is_closed": args.flag("is_closed"),
        "is_anonymous": args.text("is_anonymous", "true").lower() == "true",
        "type": args.text("type") or "regular",
        "allows_multiple_answers": args.flag("allows_multiple_answers"),
        "allows_revoting": args.flag("allows_revoting"),
        "members_only": False,
    }
    return send(world, bot, args, {"poll": poll})


METHODS = {
    "senddice": send_dice,
    "sendlocation": send_location,
    "sendvenue": send_venue,
    "sendcontact": send_contact,
    "sendpoll": send_poll,
}


def _location(args: Args) -> Json:
    try:
        latitude = float(args.required("latitude"))
        longitude = float(args.required("longitude"))
    except ValueError:
        raise Refused("can't parse location") from None
    return {"latitude": latitude, "longitude": longitude}
