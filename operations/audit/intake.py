"""Audit what a service took in: no hole in the offsets, one outcome for every message, nothing parked and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from operations.audit.log import FETCH, SQL
from operations.audit.report import Check, Report
from operations.system.database import Connection, Row


async def audit_intake(connection: Connection, service: str, report: Report) -> None:
    """Look at fences, inbox and quarantine of the service whose schema is entered. Needs a transaction."""
    await _fence(connection, report.check(service, "fence", "every offset below the fence is accounted for", "offset"))
    outcomes = report.check(service, "outcomes", "every message taken has exactly one outcome", "message")
    async for row in connection.cursor(SQL["outcomes"], prefetch=FETCH):
        outcomes.checked += 1
        outcomes.note(row["outcome"])
        for text in outcome_faults(row):
            outcomes.fault(text)
    for row in await connection.fetch(SQL["not_kept"]):
        outcomes.fault(f"{row['topic']}[{row['partition']}] {row['from_offset']} was set aside, but is not there")
    await _causes(connection, service, report)
    await _parked(connection, service, report)


async def _fence(connection: Connection, check: Check) -> None:
    spans = {
        place: [(r["begins"], r["ends"], r["what"]) for r in rows]
        for place, rows in groupby(
            await connection.fetch(SQL["spans"]), key=lambda row: (row["topic"], row["partition"])
        )
    }
    horizons = {(row["topic"], row["partition"]): row["below"] for row in await connection.fetch(SQL["horizons"])}
    for row in await connection.fetch(SQL["fences"]):
        place = (row["topic"], row["partition"])
        first, end = row["first_offset"], row["next_offset"]
        below = min(max(first, horizons.get(place, first)), end)
        check.checked += end - below
        check.note("partitions")
        if below > first:
            check.note("pruned", below - first)
        for text in cover(below, end, kept(spans.pop(place, ()), first, below)):
            check.fault(f"{place[0]}[{place[1]}] {text}")
    for place in spans:
        check.fault(f"{place[0]}[{place[1]}] has messages but no fence")


def kept(spans: Iterable[tuple[int, int, str]], first: int, below: int) -> Iterator[tuple[int, int, str]]:
    """Spans without what lies under the pruning horizon `below`, where rows may be gone or not. Pure."""
    for begins, ends, what in spans:
        if begins < first or ends > below:
            yield (begins if begins < first else max(begins, below), ends, what)


def cover(first: int, end: int, spans: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    """What is wrong with spans (begin, end, what), sorted, that must cover [first, end) exactly. Pure."""
    at = first
    for begins, ends, what in spans:
        if begins < first or ends > end:
            yield f"{begins} to {ends} ({what}) lies outside the fence, {first} to {end}"
        if begins > at:
            yield f"{at} to {begins}: nothing says what became of them"
        elif begins < at and begins >= first:
            yield f"{begins} to {min(ends, at)}: accounted for twice, once as {what}"
        at = max(at, ends)
    if at < end:
        yield f"{at} to {end}: nothing says what became of them"


def outcome_faults(row: Row) -> Iterator[str]:
    """What is wrong with one row of query `outcomes`. Pure."""
    name = f"{row['source']}/{row['id']}"
    outcome, events, rows = row["outcome"], row["events"], row["rows"]
    if row["reason"] == "being-judged" or not row["reason"]:
        yield f"{name} was taken but never judged"
        return
    if events != rows:
        yield f"{name} is said to have made {events} events ({outcome}), the log has {rows}"
    if outcome == "appended" and not rows:
        yield f"{name} is called appended, but made no event"
    elif outcome == "no-op" and rows:
        yield f"{name} is called a no-op ({row['reason']}), but made {rows} events"
    elif outcome == "quarantined" and not row["set_aside"]:
        yield f"{name} is called quarantined ({row['reason']}), but is not there"


async def _causes(connection: Connection, service: str, report: Report) -> None:
    check = report.check(service, "causes", "every event was caused by a message taken or by a timer", "event")
    check.checked = await connection.fetchval("select count(*) from event")
    cutoffs: list[datetime] = [row["cutoff"] for row in await connection.fetch(SQL["horizons"])]
    pruned_before = max(cutoffs, default=None)
    for row in await connection.fetch(SQL["causes_unknown"], f"/outage/{service}/timer"):
        if pruned_before is not None and row["first"] < pruned_before:
            check.note("events older than the pruned inbox", row["rows"])
        else:
            check.fault(f"{row['cause']} made {row['rows']} events, but was never taken")


async def _parked(connection: Connection, service: str, report: Report) -> None:
    check = report.check(service, "parked", "what is parked waits behind an open failure", "parked stream")
    for row in await connection.fetch(SQL["parked"]):
        check.checked += 1
        if row["state"] != "open":
            state = f"is {row['state']}" if row["state"] else "does not exist"
            check.fault(f"{row['stream_id']} is parked by {row['parked_by']}, which {state}")
    for row in await connection.fetch(SQL["unparked"]):
        check.fault(f"{row['quarantine_id']} failed on {row['stream_id']} and is open, but the stream is not parked")
    for row in await connection.fetch(SQL["quarantined_open"]):
        if row["waiting"]:
            check.note("open in quarantine", row["waiting"])
        if row["valid"]:
            # No fault of the log: its order is kept. But somebody's valid fact has had no effect yet.
            check.note("valid messages waiting parked: outagectl quarantine list", row["valid"])
