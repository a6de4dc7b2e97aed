"""A city's polled list: rows of it, lists at minutes after noon, and what a feed states of them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.feeds import bchydro
from connectors.feeds.snapshots import ListResult, SnapshotFeed, StatedEvent
from schemas.contracts.all_types import STRUCTS

NOON = datetime(2023, 5, 10, 12, 0, tzinfo=UTC)
START = NOON - timedelta(minutes=20)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 77,
        "municipality": "Kamloops",
        "cause": "Under investigation",
        "numCustomersOut": 68,
        "crewStatusDescription": "No crew assigned yet",
        "crewEta": None,
        "dateOff": millis(START),
        "dateOn": None,
        "lastUpdated": millis(START),
        "crewEtr": None,
        "showEta": False,
        "showEtr": False,
    } | changes


def expected(instant: datetime) -> dict[str, Any]:
    return {"crewEtr": millis(instant), "dateOn": millis(instant), "showEtr": True}


def feed() -> SnapshotFeed:
    return SnapshotFeed(bchydro.SOURCE)


def play(target: SnapshotFeed, *lists: tuple[float, Any]) -> list[ListResult]:
    return [
        target.take(at(minutes), body if isinstance(body, str | bytes) else json.dumps(body)) for minutes, body in lists
    ]


def kinds(taken: ListResult) -> list[str]:
    return [event.type.rpartition(".v")[0] for event in taken.events]


def only(taken: ListResult, type_name: str) -> Any:
    (event,) = [event for event in taken.events if event.type.rpartition(".v")[0] == type_name]
    return event.data


def valid(event: StatedEvent) -> bool:
    return msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data
