"""The filters of a list of purchases, from what a request asks for."""

from typing import Any

from stars.domain.search import Filters
from stars.domain.types import Mode


def filters_of(asked: dict[str, Any], mode: Mode | None = None) -> Filters:
    """Return filters as the domain takes them.

    Args:
        asked: what a schema of filters has read; what is missing asks for nothing.
        mode: in which mode purchases must have been made; None for either.

    """
    return Filters(
        status=asked.get("status"),
        user_id=asked.get("user_id"),
        item_id=asked.get("item_id"),
        mode=mode,
        purchase_type=asked.get("purchase_type"),
        source=asked.get("source"),
        channel=asked.get("channel"),
        fulfilled=asked.get("fulfilled"),
        since=asked.get("since"),
        until=asked.get("until"),
    )
