"""Reading the text or caption of a message: parse mode, given entities, limits."""

from collections.abc import Callable

from stars.simulator.amounts import Json
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.formatting import html, markdown
from stars.simulator.formatting.entities import found, in_order, units

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MODES: dict[str, Callable[[str], tuple[str, list[Json]]]] = {
    "html": html.parse,
    "markdownv2": markdown.parse_v2,
    "markdown": markdown.parse_v1,
}


def read_text(args: Args) -> Json:
    """The `text` of a message and its `entities`; raises Refused."""
    text, entities = _formatted(args, "text", "entities")
    refuse_if(not text.strip(), "message text is empty")
    refuse_if(units(text) > LONGEST_TEXT, "message is too long")
    return {"text": text, "entities": entities} if entities else {"text": text}


def read_caption(args: Args) -> Json:
    """The `caption` of a message and its `caption_entities`, if there is one; raises Refused."""
    text, entities = _formatted(args, "caption", "caption_entities")
    refuse_if(units(text) > LONGEST_CAPTION, "message caption is too long")
    if not text:
        return {}
    return {"caption": text, "caption_entities": entities} if entities else {"caption": text}


def _formatted(args: Args, name: str, entities_name: str) -> tuple[str, list[Json]]:
    source = args.text(name)
    mode = args.text("parse_mode").lower()
    given = args.parsed(entities_name, "entities")
    if mode:
        refuse_if(mode not in MODES, "unsupported parse_mode")
        text, entities = MODES[mode](source)
    else:
        text = source
        entities = given if isinstance(given, list) else []
    # What is formatted already is not searched, as in Telegram.
    more = [entity for entity in found(text) if not _overlaps(entity, entities)]
    return text, in_order(entities + more)


def _overlaps(entity: Json, others: list[Json]) -> bool:
    start = entity["offset"]
    end = start + entity["length"]
    return any(
        start < other["offset"] + other["length"] and other["offset"] < end for other in others
    )
