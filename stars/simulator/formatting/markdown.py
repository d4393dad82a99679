"""Parse modes MarkdownV2 and Markdown, with Telegram's rules of what must be escaped."""

import re
from dataclasses import dataclass

from stars.simulator.amounts import Json
from stars.simulator.formatting.markup import Markup, byte_offset, cannot_parse

V2_MARKS = {
    "```": "pre",
    "||": "spoiler",
    "__": "underline",
    "*": "bold",
    "_": "italic",
    "~": "strikethrough",
    "`": "code",
    "[": "text_link",
}
V1_MARKS = {"```": "pre", "*": "bold", "_": "italic", "`": "code", "[": "text_link"}
RESERVED = set("_*[]()~`>#+-=|{}.!")
LINK_BEGINNING = re.compile(r"\[(?:\\.|[^\]\\])*\]\(")
LINK_END = re.compile(r"\]\(((?:\\.|[^)\\])*)\)")
LANGUAGE = re.compile(r"([\w+-]+)\n")
VERBATIM = ("pre", "code")


@dataclass
class Source:
    """A text with markup, and how far it has been read."""

    text: str
    marks: dict[str, str]
    position: int = 0

    def starts(self, mark: str) -> bool:
        """Whether this mark comes next."""
        return self.text.startswith(mark, self.position)

    def next_mark(self) -> str:
        """The mark that comes next, or an empty text."""
        return next((mark for mark in self.marks if self.starts(mark)), "")


def parse_v2(text: str) -> tuple[str, list[Json]]:
    """The plain text of MarkdownV2 and its entities; raises Refused."""
    source = Source(text, V2_MARKS)
    markup = Markup()
    while source.position < len(text):
        if not (_escaped(source, markup) or _quote(source, markup) or _mark(source, markup)):
            _character(source, markup, reserved=RESERVED)
    _end_quote(markup)
    return _finished(source, markup)


def parse_v1(text: str) -> tuple[str, list[Json]]:
    """The plain text of the older Markdown and its entities, which do not nest; raises Refused."""
    source = Source(text, V1_MARKS)
    markup = Markup()
    while source.position < len(text):
        if not (_escaped(source, markup) or _mark(source, markup)):
            _character(source, markup, reserved=set())
    return _finished(source, markup)


def _finished(source: Source, markup: Markup) -> tuple[str, list[Json]]:
    if not markup.opened:
        return markup.result()
    last = markup.opened[-1]
    kind = last.entity["type"].replace("text_link", "link").title()
    named = f"{kind} entity" if source.marks is V2_MARKS else "the entity"
    offset = byte_offset(source.text, last.position)
    raise cannot_parse(f"Can't find end of {named} at byte offset {offset}")


def _escaped(source: Source, markup: Markup) -> bool:
    """Take a backslash and the character that it protects."""
    if not source.starts("\\") or (_kind(markup) in VERBATIM and source.marks is V1_MARKS):
        return False
    following = source.text[source.position + 1 : source.position + 2]
    can_protect = source.marks is V2_MARKS or following in set(V1_MARKS)
    if not following or not following.isascii() or not can_protect:
        return False
    markup.write(following)
    source.position += 2
    return True


def _quote(source: Source, markup: Markup) -> bool:
    """Take the > that begins a quoted line; a quotation ends where a line has none."""
    at_line_start = source.position == 0 or source.text[source.position - 1] == "\n"
    if not at_line_start or _kind(markup) in VERBATIM:
        return False
    quoted = source.starts(">")
    if quoted and _kind(markup) != "blockquote":
        markup.open(">", {"type": "blockquote"}, source.position)
    if quoted:
        source.position += 1
    else:
        _end_quote(markup)
    return quoted


def _end_quote(markup: Markup) -> None:
    if _kind(markup) == "blockquote":
        markup.close()


def _mark(source: Source, markup: Markup) -> bool:
    """Take a mark that begins or ends an entity."""
    if _link_end(source, markup):
        return True
    mark = source.next_mark()
    if mark == "[" and not LINK_BEGINNING.match(source.text, source.position):
        return False
    verbatim = _kind(markup) in VERBATIM
    if not mark or (verbatim and mark != markup.opened[-1].mark):
        return False
    nests = source.marks is V2_MARKS
    if markup.opened and markup.opened[-1].mark == mark != "[":
        markup.close()
    elif nests or not markup.opened:
        _open(source, markup, mark)
        return True
    else:
        return False
    source.position += len(mark)
    return True


def _open(source: Source, markup: Markup, mark: str) -> None:
    entity: Json = {"type": source.marks[mark]}
    markup.open(mark, entity, source.position)
    source.position += len(mark)
    language = LANGUAGE.match(source.text, source.position) if mark == "```" else None
    if language:
        markup.opened[-1].entity["language"] = language[1]
        source.position = language.end()


def _link_end(source: Source, markup: Markup) -> bool:
    """Take the ](address) that ends a link."""
    if _kind(markup) != "text_link":
        return False
    end = LINK_END.match(source.text, source.position)
    if end is None:
        return False
    markup.opened[-1].entity["url"] = re.sub(r"\\(.)", r"\1", end[1])
    markup.close()
    source.position = end.end()
    return True


def _character(source: Source, markup: Markup, reserved: set[str]) -> None:
    """Take a character that means nothing but itself; raises Refused if it is reserved."""
    character = source.text[source.position]
    if character in reserved and _kind(markup) not in VERBATIM:
        raise cannot_parse(
            f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
        )
    markup.write(character)
    source.position += 1


def _kind(markup: Markup) -> str:
    """The type of the entity that is open here."""
    return markup.opened[-1].entity["type"] if markup.opened else ""
