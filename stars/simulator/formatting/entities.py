"""Entities of a text: their lengths, which count UTF-16 units, and those found without markup."""

import re

from stars.simulator.amounts import Json

FOUND = {
    "url": re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]"),
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?!\w)"),
    "mention": re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d_]\w*"),
}


def units(text: str) -> int:
    """The length of a text as the Bot API counts it: an emoji counts twice."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def found(text: str) -> list[Json]:
    """The addresses, commands, mentions and hashtags in a text, as MessageEntity."""
    taken: list[tuple[int, int]] = []
    entities: list[Json] = []
    for kind, pattern in FOUND.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and other < end for other, other_end in taken):
                continue
            taken.append((start, end))
            offset = units(text[:start])
            entities.append({"type": kind, "offset": offset, "length": units(match.group())})
    return in_order(entities)


def in_order(entities: list[Json]) -> list[Json]:
    """The entities by where they begin, the outer one of two first."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
