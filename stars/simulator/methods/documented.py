"""The empty results of methods that Telegram documents and the simulator does not know."""

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args
from stars.simulator.chats import add_message, find_chat
from stars.simulator.methods.names import NAMES
from stars.simulator.records import Bot
from stars.simulator.world import World

NO_RIGHTS = dict.fromkeys(
    (
        "is_anonymous",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_send_welcome_messages",
    ),
    False,
)
NO_GIFTS: Json = {"total_count": 0, "gifts": []}
NO_POLL: Json = {
    "id": "0",
    "question": "",
    "options": [],
    "total_voter_count": 0,
    "is_closed": True,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
# What is not listed here or below is answered True.
EMPTY: dict[str, object] = {
    "answerguestquery": {"inline_message_id": "0"},
    "answerwebappquery": {},
    "createforumtopic": {"message_thread_id": 1, "name": "", "icon_color": 7322096},
    "exportchatinvitelink": "https://t.me/+0",
    "getavailablegifts": {"gifts": []},
    "getbusinessaccountgifts": NO_GIFTS,
    "getbusinessaccountstarbalance": {"amount": 0},
    "getchatgifts": NO_GIFTS,
    "getcustomemojistickers": [],
    "getforumtopiciconstickers": [],
    "getgamehighscores": [],
    "getmanagedbotaccesssettings": {"is_access_restricted": False},
    "getmanagedbottoken": "",
    "getmydefaultadministratorrights": NO_RIGHTS,
    "getstickerset": {"name": "", "title": "", "sticker_type": "regular", "stickers": []},
    "getuserchatboosts": {"boosts": []},
    "getusergifts": NO_GIFTS,
    "getuserpersonalchatmessages": [],
    "getuserprofileaudios": {"total_count": 0, "audios": []},
    "getuserprofilephotos": {"total_count": 0, "photos": []},
    "replacemanagedbottoken": "",
    "savepreparedinlinemessage": {"id": "0", "expiration_date": 0},
    "savepreparedkeyboardbutton": {"id": "0"},
    "stoppoll": NO_POLL,
    "uploadstickerfile": {"file_id": "0", "file_unique_id": "0"},
}
STORIES = ("poststory", "editstory", "repoststory")
INVITE_LINKS = (
    "createchatinvitelink",
    "createchatsubscriptioninvitelink",
    "editchatinvitelink",
    "editchatsubscriptioninvitelink",
    "revokechatinvitelink",
)
MESSAGES = (
    "sendchecklist",
    "sendgame",
    "sendlivephoto",
    "sendpaidmedia",
    "sendrichmessage",
    "editmessagechecklist",
)
DOCUMENTED = {name.lower() for name in NAMES}


def empty_result(world: World, bot: Bot, method: str, args: Args) -> object:
    """A well-formed result without content, of a documented method; raises Refused.

    `method` is in small letters. What Telegram would send as a message is kept in its chat,
    but without content.
    """
    if method not in DOCUMENTED:
        raise Refused("Not Found: method not found", 404)
    world.note("warning", bot=bot.name, method=method, text="not simulated, answered empty")
    if method in MESSAGES:
        return add_message(world, find_chat(world, bot, args), bot, {})
    if method in STORIES:
        return {"chat": {"id": bot.id, "type": "private"}, "id": 1}
    if method in INVITE_LINKS:
        return _invite_link(bot)
    if method == "getbusinessconnection":
        return _business_connection(world, bot, args)
    return EMPTY.get(method, True)


def _invite_link(bot: Bot) -> Json:
    return {
        "invite_link": "https://t.me/+0",
        "creator": bot.shown(),
        "creates_join_request": False,
        "is_primary": False,
        "is_revoked": False,
    }


def _business_connection(world: World, bot: Bot, args: Args) -> Json:
    return {
        "id": args.text("business_connection_id"),
        "user": bot.shown(),
        "user_chat_id": bot.id,
        "date": int(world.clock.now()),
        "is_enabled": False,
    }
