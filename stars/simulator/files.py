"""Files that bots send: kept in memory, found again by their ids, downloaded under /file/."""

import mimetypes
from pathlib import PurePosixPath

from flask import Response

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args
from stars.simulator.records import Bot, File
from stars.simulator.world import World

FOLDERS = {"photo": "photos", "video": "videos", "sticker": "stickers", "voice": "voice"}
EXTENSIONS = {"photo": ".jpg", "video": ".mp4", "sticker": ".webp", "voice": ".oga"}
LARGEST_DOWNLOAD = 20 * 2**20  # bytes; Telegram lets bots download no larger files


def read_file(world: World, args: Args, name: str, given: str | None = None) -> File:
    """The file that an argument gives: uploaded, known by its id, or at an address elsewhere.

    `given` is the value, if it does not stand in the argument itself. Raises Refused.
    """
    value = args.text(name) if given is None else given
    part = value.removeprefix("attach://") if value.startswith("attach://") else name
    if part in args.files and (value.startswith("attach://") or not value):
        upload = args.files[part]
        return _keep(world, name, upload.name, upload.content_type, content=upload.content)
    if value in world.files:
        return world.files[value]
    if value.startswith(("http://", "https://")):
        kind = mimetypes.guess_type(value)[0] or "application/octet-stream"
        return _keep(world, name, PurePosixPath(value).name, kind, source=value)
    if not value:
        raise Refused(f"there is no {name.replace('_', ' ')} in the request")
    raise Refused("wrong file identifier/HTTP URL specified")


def get_file(world: World, _bot: Bot, args: Args) -> Json:
    """Tell where a file can be downloaded."""
    file = world.files.get(args.text("file_id"))
    if file is None:
        raise Refused("wrong file_id or the file is temporarily unavailable")
    if file.content is not None and len(file.content) > LARGEST_DOWNLOAD:
        raise Refused("file is too big")
    return shown(file) | {"file_path": file.path}


def shown(file: File) -> Json:
    """What all kinds of files have in common in the Bot API."""
    about: Json = {"file_id": file.id, "file_unique_id": file.unique_id}
    if file.content is not None:
        about["file_size"] = len(file.content)
    return about


def find_path(world: World, path: str) -> File:
    """The file at a `file_path`; raises Refused."""
    for file in world.files.values():
        if file.path == path:
            return file
    raise Refused("Not Found", 404)


def download(file: File) -> Response:
    """The content of a file, or where it is."""
    if file.source:
        return Response(status=302, headers={"Location": file.source})
    # A page that a bot has sent must not run as one of the simulator's own.
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(file.content, content_type=file.content_type, headers=headers)


def _keep(
    world: World,
    kind: str,
    name: str,
    content_type: str,
    content: bytes | None = None,
    source: str = "",
) -> File:
    number = len(world.files)
    extension = PurePosixPath(name).suffix or EXTENSIONS.get(kind, "")
    folder = FOLDERS.get(kind, "documents")
    file = File(
        id=f"AgAC{world.word(60)}",
        unique_id=f"AQAD{world.word(11)}",
        path=f"{folder}/file_{number}{extension}",
        content_type=content_type,
        content=content,
        source=source,
    )
    world.files[file.id] = file
    return file
