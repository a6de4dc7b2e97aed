"""Report an import's figures, read from the services' tables, the phones and the import's own state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.feeds.snapshots import SnapshotFeed
from demo.feed.folder import ImportState
from operations.audit.report import Report
from operations.audit.run import handsets
from operations.system.database import Connection
from operations.system.location import Where
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "feed.sql")

# Counts of the feed that say how many, not what was odd.
_NO_ANOMALY = frozenset({"lists", "list-good", "outages", "rows"})
CHANGES = {
    "expected time": "ert.changed.v1",
    "extent": "extent.changed.v1",
    "crew": "crew.status.v1",
    "corrected": "outage.corrected.v1",
    "perhaps restored": "supply.perhaps-restored.v1",
    "listed again": "outage.listed-again.v1",
    "restored": "supply.restored.v1",
    "reopened": "outage.reopened.v1",
}
VERDICTS = ("made", "kept", "broken", "voided", "corrected", "at_risk")


async def figures(
    logs: Mapping[str, Connection], where: Where, state: ImportState, feed: SnapshotFeed
) -> dict[str, Any]:
    """Everything but the audit, ready for JSON. Durations are seconds of the domain, unless named `real…`."""
    counts = feed.counts
    events = sum(state.events.values())
    services = {name: await _service(connection) for name, connection in logs.items()}
    notifier = logs["notifier"]
    texts = [dict(row) for row in await notifier.fetch(SQL["texts"])]
    heads = [row["n"] for row in await notifier.fetch(SQL["per_customer"])]
    return {
        "job": state.job,
        "finished": state.finished,
        "playedUntil": feed.last_at,
        "lists": state.lists,
        "emptyOrBrokenLists": state.lists - counts.get("list-good", 0),
        "outages": counts.get("outages", 0),
        "stillOpen": len(feed.open_outages()),
        "events": {"total": events, "byType": dict(sorted(state.events.items()))},
        "changes": {name: state.events.get(type_, 0) for name, type_ in CHANGES.items()},
        "unknownWords": feed.unknown,
        "anomalies": {name: n for name, n in counts.items() if name not in _NO_ANOMALY},
        "texts": {
            "total": sum(row["n"] for row in texts),
            "byTriggerAndState": texts,
            "customersWritten": len(heads),
            "perCustomer": spread(heads),
            "untilOnPhone": spread(await _waits(notifier, where)),
        },
        "services": services,
        "restarts": state.restarts,
        "stops": state.stops,
        "steps": state.steps,
        "stalls": state.stalls,
        "realSeconds": round(state.seconds, 1),
        "eventsPerSecond": round(events / state.seconds, 1) if state.seconds else 0.0,
    }


async def _service(connection: Connection) -> dict[str, Any]:
    decided = {row["type"]: row["n"] for row in await connection.fetch(SQL["decisions"])}
    lateness = await connection.fetchrow(SQL["timer_lateness"])
    quarantine = [dict(row) for row in await connection.fetch(SQL["quarantined"])]
    return {
        "decided": {"total": sum(decided.values()), "byType": decided},
        "outcomes": [dict(row) for row in await connection.fetch(SQL["outcomes"])],
        "promises": [promise(dict(row)) for row in await connection.fetch(SQL["promises"])],
        "quarantined": {"total": sum(row["n"] for row in quarantine), "byReason": quarantine},
        "timers": dict(lateness) if lateness else {},
    }


def promise(row: Mapping[str, Any]) -> dict[str, Any]:
    """One rule's promises; `open` are those without a verdict yet."""
    verdicts = {name: int(row[name]) for name in VERDICTS}
    still = verdicts["made"] - verdicts["kept"] - verdicts["broken"] - verdicts["voided"]
    return {"rule": row["rule"], **verdicts, "open": still}


async def _waits(notifier: Connection, where: Where) -> list[float]:
    """From the moment a text might go until its phone had it."""
    ready = {row["message_id"]: row["ready_at"] for row in await notifier.fetch(SQL["waits"])}
    return [
        (text.at - ready[text.message_id]).total_seconds() for text in handsets(where) or () if text.message_id in ready
    ]


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median, 99th percentile and the most of some figures; empty where there are none."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {"median": _at(ordered, 0.5), "p99": _at(ordered, 0.99), "most": ordered[-1]}


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def well(report: Report, told: Mapping[str, Any]) -> list[str]:
    """What is not as it must be after an import, in words; empty when all is well."""
    wrong = [] if report.passed else ["the audit did not pass"]
    for name, service in told["services"].items():
        if service["quarantined"]["total"]:
            wrong.append(f"{name} has {service['quarantined']['total']} messages in quarantine")
    return wrong
