"""What both parse modes build: a plain text, and the entities that were opened and closed in it."""

from dataclasses import dataclass, field

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.formatting.entities import in_order, units


def cannot_parse(why: str) -> Refused:
    """The refusal of a text whose markup is broken."""
    return Refused(f"can't parse entities: {why}")


def byte_offset(source: str, position: int) -> int:
    """Where a character is, in bytes, as the refusals tell it."""
    return len(source[:position].encode())


@dataclass
class Opened:
    """An entity that has begun."""

    mark: str  # what opened it: a tag's name, or characters
    entity: Json
    position: int  # in the source


@dataclass
class Markup:
    """A text being built."""

    parts: list[str] = field(default_factory=list)
    length: int = 0  # in UTF-16 units
    opened: list[Opened] = field(default_factory=list)
    closed: list[Json] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Add plain text."""
        self.parts.append(text)
        self.length += units(text)

    def open(self, mark: str, entity: Json, position: int) -> None:
        """Begin an entity here."""
        self.opened.append(Opened(mark, entity | {"offset": self.length}, position))

    def close(self) -> Json:
        """End the entity that began last. An empty one is dropped, as Telegram does."""
        entity = self.opened.pop().entity
        entity["length"] = self.length - entity["offset"]
        if entity["length"] and entity["type"]:
            self.closed.append(entity)
        return entity

    def result(self) -> tuple[str, list[Json]]:
        """The plain text and its entities."""
        return "".join(self.parts), in_order(self.closed)
