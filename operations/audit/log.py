"""Audit chains, replay, heads and timers of one service: read in one pass, judged stream by stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from operations.audit.replay import Replay, Replayed, view_difference
from operations.audit.report import Check, Report
from operations.system.database import Connection, Row
from services.kernel.model import Service
from services.kernel.operators.forgetting import ForgottenEvent, rooted
from services.kernel.queries import queries
from services.kernel.streams.armed import timer_id
from services.kernel.streams.log import Log

SQL = queries(Path(__file__).parents[1] / "sql" / "audit.sql")
FETCH = 2_000
BATCH = 500
FORGOTTEN_AS_SAID = "what was forgotten is what the log says was, and no more"
OLDER = "left by other code or rules (outagectl rearm)"


@dataclass(slots=True)
class LogChecks:
    """The four claims about a log."""

    chains: Check
    replay: Check
    timers: Check
    promises: Check
    revision: str
    """Of the code that audits: what other code left otherwise is to be reviewed, and no fault."""

    @classmethod
    def of(cls, report: Report, service: str, revision: str) -> LogChecks:
        """New checks in `report`."""
        return cls(
            report.check(service, "chains", "every row of the log is the one that was hashed", "event"),
            report.check(service, "replay", "replaying the log gives the live view and the heads", "stream"),
            report.check(service, "timers", "the timers armed are those that the states want", "timer"),
            report.check(service, "promises", "every open promise has a timer", "open promise"),
            revision,
        )


async def audit_log(connection: Connection, service: Service, report: Report) -> None:
    """Look at the whole log of the service whose schema is entered. Needs a transaction (one snapshot)."""
    log = Log(service)
    checks = LogChecks.of(report, service.name, log.revision)
    current: Replay | None = None
    done: list[Replayed] = []
    async for row in connection.cursor(SQL["log_rows"], prefetch=FETCH):
        checks.chains.checked += 1
        if current is None or current.result.stream_id != row["stream_id"]:
            if current is not None:
                done.append(current.finish())
            if len(done) >= BATCH:
                await _compare(connection, done, checks)
                done.clear()
            current = Replay(row["stream_id"], log)
        current.add(row)
    if current is not None:
        done.append(current.finish())
    await _compare(connection, done, checks)
    await _audit_forgotten(connection, report.check(service.name, "forgotten", FORGOTTEN_AS_SAID, "event"))
    for row in await connection.fetch(SQL["without_events"]):
        checks.replay.fault(f"{row['stream_id']} has {row['what']} but no event")


async def _audit_forgotten(connection: Connection, check: Check) -> None:
    said = {row["request_id"]: row["data"] for row in await connection.fetch(SQL["forgettings"])}
    gone: dict[str, list[ForgottenEvent]] = {}
    async for row in connection.cursor(SQL["forgotten"], prefetch=FETCH):
        check.checked += 1
        if row["stream_id"] is None:
            check.fault(f"position {row['position']} is said to be forgotten, and no event stands there")
            continue
        gone.setdefault(str(row["request_id"]), []).append(
            ForgottenEvent(row["position"], row["stream_id"], row["version"], bytes(row["rest"]))
        )
    for text in forgotten_faults(said, gone):
        check.fault(text)


def forgotten_faults(said: Mapping[str, str], gone: Mapping[str, Sequence[ForgottenEvent]]) -> Iterator[str]:
    """What is wrong between steps of forgetting as the log has them (request → its answer) and what is gone. Pure."""
    for request in sorted(said.keys() | gone.keys()):
        if request not in said:
            yield f"{len(gone[request])} events were taken from by request {request}, of which the log does not know"
        elif request not in gone:
            yield f"request {request} is said to have forgotten something, and of nothing it is written down"
        else:
            result: Mapping[str, Any] = msgspec.json.decode(said[request])["result"]
            if any(result.get(name) != value for name, value in rooted(gone[request]).items()):
                yield f"what request {request} forgot is not what its answer in the log says"


async def _compare(connection: Connection, batch: Sequence[Replayed], checks: LogChecks) -> None:
    if not batch:
        return
    ids = [one.stream_id for one in batch]
    heads = {r["stream_id"]: r for r in await connection.fetch(SQL["heads"], ids, [one.view for one in batch])}
    timers: dict[str, list[Row]] = {}
    for row in await connection.fetch(SQL["timers_of"], ids):
        timers.setdefault(row["stream_id"], []).append(row)
    for one in batch:
        judge_stream(one, heads[one.stream_id], timers.get(one.stream_id, ()), checks)


def judge_stream(one: Replayed, head: Row, armed: Iterable[Row], checks: LogChecks) -> None:
    """One replayed stream against its head and live view (as query `heads` gives them) and its timers. Pure."""
    for text in one.broken_links:
        checks.chains.fault(text)
    for rule, events in one.forgotten.items():
        checks.chains.note(f"forgotten by rule {rule}", events)
    checks.replay.checked += 1
    _judge_head(one, head, checks)
    if one.trouble is not None:
        checks.replay.fault(f"{one.stream_id} cannot be replayed: {one.trouble}")
        return
    if head["live_version"] is None:
        checks.replay.fault(f"{one.stream_id} has no live view")
    elif head["live_version"] != one.version:
        checks.replay.fault(f"{one.stream_id}: the live view is of version {head['live_version']}, not {one.version}")
    elif not head["same"] and head["written_by"] != checks.revision:
        checks.replay.note(OLDER)
    elif not head["same"]:
        where = view_difference(one.view or "{}", head["live_view"])
        checks.replay.fault(f"{one.stream_id}: the live view differs from the log's in {where}")
    faults = [*_timer_faults(one, head, armed, checks)]
    if faults and head["live_version"] is not None and head["written_by"] != checks.revision:
        checks.timers.note(OLDER, len(faults))
    else:
        for text in faults:
            checks.timers.fault(text)
    _judge_promises(one, checks)


def _judge_head(one: Replayed, head: Row, checks: LogChecks) -> None:
    if head["version"] is None:
        checks.replay.fault(f"{one.stream_id} has events but no head")
    elif head["version"] != one.version:
        checks.replay.fault(f"{one.stream_id}: the head is at version {head['version']}, the log at {one.version}")
    elif bytes(head["chain"]) != one.chain:
        checks.chains.fault(f"{one.stream_id}: the head's hash is not that of the last event")


def _timer_faults(one: Replayed, head: Row, armed: Iterable[Row], checks: LogChecks) -> Iterator[str]:
    found = {row["timer_id"]: row for row in armed}
    for name, due_at in one.timers.items():
        checks.timers.checked += 1
        row = found.pop(timer_id(one.stream_id, name), None)
        if row is None:
            yield f"{one.stream_id}: no timer {name} is armed for {due_at.isoformat()}"
        elif row["due_at"] != due_at:
            late = f"{row['due_at'].isoformat()}, not {due_at.isoformat()}"
            yield f"{one.stream_id}: timer {name} is armed for {late}"
        elif head["partition"] is not None and row["partition"] != head["partition"]:
            where = f"partition {row['partition']}, its stream in {head['partition']}"
            yield f"{one.stream_id}: timer {name} waits in {where}"
    for row in found.values():
        yield f"{one.stream_id}: timer {row['name']} is armed but the state does not want it"


def _judge_promises(one: Replayed, checks: LogChecks) -> None:
    for promise in one.open_promises:
        checks.promises.checked += 1
        # Its own timer, or one of the outage's that comes when it is due: the end of a notice judges all that hangs on it.
        if not any(promise.promise_id in name or at == promise.due_at for name, at in one.timers.items()):
            checks.promises.fault(f"{one.stream_id}: promise {promise.promise_id} is open and no timer watches it")
