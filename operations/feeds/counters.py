"""Count for an operator what lists came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.feeds.snapshots import SnapshotFeed
from connectors.feeds.state import StatedEvent


def counters(feed: SnapshotFeed) -> dict[str, Any]:
    """What an operator is shown of all lists taken so far."""
    counts = feed.counts
    lists = {name.removeprefix("list-"): number for name, number in counts.items() if name.startswith("list-")}
    plain = {"lists", "rows", "row-unreadable", "row-duplicate", "outages"}
    return {
        "lists": counts.get("lists", 0),
        "byOutcome": lists,
        "rows": counts.get("rows", 0),
        "unreadableRows": counts.get("row-unreadable", 0),
        "doubleRows": counts.get("row-duplicate", 0),
        "outages": counts.get("outages", 0),
        "open": len(feed.open_outages()),
        "unknownWords": feed.unknown,
        "odd": {name: n for name, n in counts.items() if name not in plain and not name.startswith("list-")},
    }


def facts_by_type(events: Sequence[StatedEvent]) -> dict[str, int]:
    """How many of each type."""
    found: dict[str, int] = {}
    for event in events:
        found[event.type] = found.get(event.type, 0) + 1
    return found
