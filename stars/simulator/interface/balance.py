"""The bot's balance under /sim/: affiliates, withdrawals, and Stars that move without a sale."""

from stars.simulator import refunds, transfers
from stars.simulator.amounts import NANO, Json
from stars.simulator.interface.lookup import find, find_bot, find_user, number
from stars.simulator.ledger import star_amount
from stars.simulator.records import Affiliate
from stars.simulator.transfers import Transfer
from stars.simulator.world import World

MOST_PER_MILLE = 999
MOST_STARS = 10**9


def refer(world: World, given: Json) -> Json:
    """Say who brought the buyer `user`, and gets a share: `affiliate`, a user, or a `channel`.

    A `commission_per_mille` of 0 ends it.
    """
    bot = find_bot(world, given)
    buyer = find_user(world, given)
    share = int(number(given, "commission_per_mille", high=MOST_PER_MILLE))
    bot.affiliates.pop(buyer.id, None)
    if not share:
        return {"affiliate": None}
    affiliate = Affiliate(share, channel=str(given.get("channel", "A channel")))
    if "affiliate" in given:
        by = find(world.users, int(number(given, "affiliate")), "affiliate")
        affiliate = Affiliate(share, user=by)
    bot.affiliates[buyer.id] = affiliate
    return {"affiliate": affiliate.shown()}


def withdraw(world: World, given: Json) -> Json:
    """Take Stars out of a bot, as its owner may."""
    bot = find_bot(world, given)
    stars = int(number(given, "stars", 0))
    return {"balance": refunds.withdraw(world, bot, stars)}


def end_withdrawals(world: World, given: Json) -> Json:
    """End what is being withdrawn: `succeeded` true or false."""
    bot = find_bot(world, given)
    if not isinstance(given.get("succeeded"), bool):
        raise ValueError("succeeded is true or false")
    return {"ended": refunds.end_withdrawals(world, bot, given["succeeded"])}


def transfer(world: World, given: Json) -> Json:
    """Move `stars` and `nanostars` for the reason `kind`, from or to `user`."""
    bot = find_bot(world, given)
    stars = int(number(given, "stars", 0, MOST_STARS))
    parts = int(number(given, "nanostars", 0, NANO - 1))
    user = find_user(world, given) if "user" in given else world.add_user()
    moved = Transfer(stars * NANO + parts, user, given)
    line = transfers.move(world, bot, str(given.get("kind")), moved)
    return {"transaction": line, "balance": star_amount(bot.nanostars)}


ACT = {
    "affiliate": refer,
    "withdraw": withdraw,
    "withdrawals": end_withdrawals,
    "transfer": transfer,
}
