"""Messages with files: photos, documents, videos and their kind, and albums of them."""

from collections.abc import Callable

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.files import get_file, read_file, shown
from stars.simulator.formatting.texts import read_caption
from stars.simulator.keyboards import read_inline_keyboard
from stars.simulator.methods.messages import find_own_message, replace_message
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot, File
from stars.simulator.world import World

# The simulator looks into no file, so all pictures have this size and all sounds this length.
SIZE: Json = {"width": 640, "height": 640}
SECONDS = 1
ALBUM = ("photo", "video", "audio", "document")


def _send_file(kind: str) -> Callable[[World, Bot, Args], Json]:
    """The method that sends one file of this kind."""

    def send_file(world: World, bot: Bot, args: Args) -> Json:
        content = _content(world, args, kind) | read_caption(args)
        return send(world, bot, args, content)

    return send_file


def send_media_group(world: World, bot: Bot, args: Args) -> list[Json]:
    """Send an album: several messages that belong together."""
    media = args.parsed("media", "media")
    if not isinstance(media, list) or not media:
        raise Refused("there are no messages to send")
    refuse_if(len(media) > 10, "too many messages to send as an album")
    album = world.word(17)
    contents = [_of_album(world, args, one) | {"media_group_id": album} for one in media]
    return [send(world, bot, args, content) for content in contents]


def edit_message_media(world: World, bot: Bot, args: Args) -> Json | bool:
    """Replace the file of one of the bot's messages."""
    if args.text("inline_message_id"):
        return True  # messages sent through inline mode stand in no chat that is simulated
    chat, before = find_own_message(world, bot, args)
    content = _of_album(world, args, args.parsed("media", "media"))
    kept = {name: before[name] for name in ("message_id", "from", "chat", "date")}
    return replace_message(world, chat, kept | content | read_inline_keyboard(args))


def _of_album(world: World, args: Args, media: object) -> Json:
    """The content of a message that one InputMedia describes; raises Refused."""
    if not isinstance(media, dict) or media.get("type") not in (*ALBUM, "animation"):
        raise Refused("can't parse InputMedia: type must be known")
    given = {name: str(value) for name, value in media.items() if isinstance(value, str)}
    kind = given["type"]
    file = read_file(world, args, kind, given=given.get("media", ""))
    return SHAPES[kind](file, Args(given)) | read_caption(Args(given))


def _content(world: World, args: Args, kind: str) -> Json:
    return SHAPES[kind](read_file(world, args, kind), args)


def _photo(file: File, _args: Args) -> Json:
    return {"photo": [shown(file) | SIZE]}


def _document(file: File, _args: Args) -> Json:
    return {"document": _named(file)}


def _video(file: File, args: Args) -> Json:
    return {"video": _named(file) | SIZE | _duration(args)}


def _animation(file: File, args: Args) -> Json:
    animation = _named(file) | SIZE | _duration(args)
    # As Telegram does, for clients from before there were animations.
    return {"animation": animation, "document": _named(file)}


def _audio(file: File, args: Args) -> Json:
    about = {name: args.text(name) for name in ("performer", "title") if args.text(name)}
    return {"audio": _named(file) | _duration(args) | about}


def _voice(file: File, args: Args) -> Json:
    return {"voice": shown(file) | {"mime_type": file.content_type} | _duration(args)}


def _video_note(file: File, args: Args) -> Json:
    return {"video_note": shown(file) | {"length": SIZE["width"]} | _duration(args)}


def _sticker(file: File, args: Args) -> Json:
    kind = {"type": "regular", "is_animated": False, "is_video": False}
    emoji = {"emoji": args.text("emoji")} if args.text("emoji") else {}
    return {"sticker": shown(file) | SIZE | kind | emoji}


def _named(file: File) -> Json:
    name = file.path.rpartition("/")[2]
    return shown(file) | {"file_name": name, "mime_type": file.content_type}


def _duration(args: Args) -> Json:
    return {"duration": args.whole("duration", SECONDS, 0, 2**31)}


SHAPES: dict[str, Callable[[File, Args], Json]] = {
    "photo": _photo,
    "document": _document,
    "video": _video,
    "animation": _animation,
    "audio": _audio,
    "voice": _voice,
    "video_note": _video_note,
    "sticker": _sticker,
}
METHODS = {
    **{f"send{kind.replace('_', '')}": _send_file(kind) for kind in SHAPES},
    "sendmediagroup": send_media_group,
    "editmessagemedia": edit_message_media,
    "getfile": get_file,
}
