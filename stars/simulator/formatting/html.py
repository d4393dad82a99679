"""Parse mode HTML: Telegram's few tags, and its refusal of any other."""

import re
from html import unescape

from stars.simulator.amounts import Json
from stars.simulator.formatting.markup import Markup, byte_offset, cannot_parse

TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)(?P<attributes>[^<>]*)>")
ATTRIBUTE = re.compile(r"""([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}


def parse(source: str) -> tuple[str, list[Json]]:
    """The plain text and its entities; raises Refused."""
    markup = Markup()
    position = 0
    for tag in TAG.finditer(source):
        _write(markup, source, position, tag.start())
        if tag["end"]:
            _close(markup, source, tag)
        else:
            _open(markup, source, tag)
        position = tag.end()
    _write(markup, source, position, len(source))
    if markup.opened:
        mark = markup.opened[-1].mark
        raise cannot_parse(f'Can\'t find end tag corresponding to start tag "{mark}"')
    return markup.result()


def _write(markup: Markup, source: str, start: int, end: int) -> None:
    text = source[start:end]
    broken = text.find("<")
    if broken >= 0:
        offset = byte_offset(source, start + broken)
        raise cannot_parse(f'Unsupported start tag "" at byte offset {offset}')
    markup.write(unescape(text))


def _open(markup: Markup, source: str, tag: re.Match[str]) -> None:
    name = tag["name"].lower()
    attributes = _attributes(tag["attributes"])
    is_spoiler = attributes.get("class") == "tg-spoiler"
    if name not in TYPES or (name == "span" and not is_spoiler):
        offset = byte_offset(source, tag.start())
        raise cannot_parse(f'Unsupported start tag "{name}" at byte offset {offset}')
    markup.open(name, _entity(markup, name, attributes), tag.start())


def _entity(markup: Markup, name: str, attributes: dict[str, str]) -> Json:
    entity: Json = {"type": TYPES[name]}
    language = attributes.get("class", "")
    if name == "a":
        entity["url"] = attributes.get("href", "")
    elif name == "tg-emoji":
        entity["custom_emoji_id"] = attributes.get("emoji-id", "")
    elif name == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    elif name == "code" and markup.opened and markup.opened[-1].mark == "pre":
        # <pre><code class="language-python"> is one entity that names its language.
        entity["type"] = ""
        if language.startswith("language-"):
            markup.opened[-1].entity["language"] = language.removeprefix("language-")
    return entity


def _close(markup: Markup, source: str, tag: re.Match[str]) -> None:
    name = tag["name"].lower()
    offset = byte_offset(source, tag.start())
    if not markup.opened:
        raise cannot_parse(f"Unexpected end tag at byte offset {offset}")
    expected = markup.opened[-1].mark
    if name != expected:
        raise cannot_parse(
            f"Unmatched end tag at byte offset {offset}, "
            f'expected "</{expected}>", found "</{name}>"'
        )
    entity = markup.close()
    # A link without an address is the text of its own address.
    if entity["type"] == "text_link" and not entity["url"] and entity in markup.closed:
        markup.closed.remove(entity)


def _attributes(text: str) -> dict[str, str]:
    found = {}
    for name, double, single, bare in ATTRIBUTE.findall(text):
        found[name.lower()] = unescape(double or single or bare)
    return found
