"""An event as others see it: the same document in the feed and in a notification."""

from typing import TypedDict

from stars.domain.types import Event, Mode


class EventOfMode(Event):
    """An event, with the mode of its purchase."""

    mode: Mode


class Message(TypedDict):
    """What others are told of an event. `id` is the same however often it is told."""

    id: str
    type: str
    timestamp: str
    data: EventOfMode


def message(event: EventOfMode) -> Message:
    """Return what others are told of `event`."""
    return {
        "id": f"evt_{event['event_id']}",
        "type": type_of(event["event_type"]),
        "timestamp": event["created_at"],
        "data": event,
    }


def type_of(event_type: str) -> str:
    """Return `purchase.succeeded` for `purchase_succeeded`."""
    return event_type.replace("_", ".", 1)


def event_type_of(message_type: str) -> str:
    """Return `purchase_succeeded` for `purchase.succeeded`."""
    return message_type.replace(".", "_", 1)
