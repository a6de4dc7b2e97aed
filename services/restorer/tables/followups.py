"""Keep who is to be called back and what came of it, report by report, in the deciding transaction; count it by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from schemas.contracts.dispatch import FollowupDone, FollowupUnreached
from schemas.contracts.restorations import FollowupDue, FollowupEnded
from services.kernel.model import Service, Stream
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.restorer.domain.callers.calling_back import (
    NOT_REACHED,
    CallBackFigures,
    CallBackRules,
    CallStanding,
    figures,
    standing,
    times_back,
    void_reason,
)
from services.restorer.domain.callers.calls_made import UNREACHED
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.state import SupplyState

SQL = queries(Path(__file__).parents[1] / "sql" / "followups.sql")
ROWS_AT_ONCE: Final = 4_000
STREAMS_AT_ONCE: Final = 20
OF_REPORTS = (FollowupDue, FollowupEnded, FollowupDone, FollowupUnreached)


async def keep_followups(connection: Any, stream: Stream, before: SupplyState, rules: CallBackRules) -> None:
    """Bring table followup in line with an outage's state: the reports of which something was said, or all where its end moved."""
    state: SupplyState = stream.state
    if not state.followups and not before.followups:
        return
    if times_back(course_of(state)) != times_back(course_of(before)):
        await _put_all(connection, stream, rules)
        return
    said = {event.data.report_id for event in stream.new if isinstance(event.data, OF_REPORTS)}
    await _put(connection, stream, sorted(one for one in said if one is not None and one in state.followups), rules)


async def _put_all(connection: Any, stream: Stream, rules: CallBackRules) -> None:
    state: SupplyState = stream.state
    await _put(connection, stream, list(state.followups), rules)
    reason = void_reason(course_of(state))
    await connection.execute(SQL["void_others"], state.mrid, stream.version, reason)


async def _put(connection: Any, stream: Stream, report_ids: Sequence[str], rules: CallBackRules) -> None:
    state: SupplyState = stream.state
    back = times_back(course_of(state))
    found = ((one, standing(state.calls.of(one), back, rules)) for one in report_ids)
    rows = [_row(report_id, known) for report_id, known in found if known is not None]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        columns = zip(*rows[start : start + ROWS_AT_ONCE], strict=True)
        await connection.execute(SQL["put"], state.mrid, stream.version, *map(list, columns))


def _row(report_id: str, known: CallStanding) -> tuple[object, ...]:
    reason = NOT_REACHED if known.outcome == UNREACHED else None
    return report_id, known.due_from, known.outcome, reason, known.tries, known.last_at, known.next_at


async def renew_followups(connection: Any, service: Service, rules: CallBackRules) -> int:
    """Put what a version without this table left out, by the log; of how many outages. At each start; cheap where none is."""
    end = await connection.fetchval(SQL["log_end"])
    behind: list[str] = [row["stream_id"] for row in await connection.fetch(SQL["behind"])]
    log = Log(service, remember=0)
    for start in range(0, len(behind), STREAMS_AT_ONCE):
        async with connection.transaction():
            rows = await connection.fetch(SQL["partitions"], behind[start : start + STREAMS_AT_ONCE])
            streams = await log.lock(connection, {row["stream_id"]: row["partition"] for row in rows})
            for stream in streams.values():
                if stream.newer:
                    continue  # its own version keeps its rows
                await _put_all(connection, stream, rules)
    await connection.execute(SQL["mark"], end)
    return len(behind)


async def called_back(connection: Any, since: datetime, until: datetime) -> CallBackFigures:
    """The calls back that fell due from `since` until before `until`: numerator and denominator of cn.followup.rate.

    A call back falls due when power is back (`followup.due_from`): for a month give its first instant and the next month's, in the
    utility's zone. Late facts correct what a month comes to. Nobody can be called back of a report without an id: it is in neither.
    By area, take the outages' (`followup.mrid`) and `figures` over the column `outcome`.
    """
    rows = await connection.fetch(SQL["by_month"], since, until)
    return figures([*_spread(rows)])


def _spread(rows: Iterable[Any]) -> Iterable[str | None]:
    for row in rows:
        yield from [row["outcome"]] * row["reports"]
