"""Work out whether all who reported an outage were called back in time: the referee of that promise, by the facts alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from schemas.contracts import dispatch
from tests.sim.judging.promises.spoken import Dark

CALLED: Final = "cn.followup.called-back"
WITHIN: Final = timedelta(hours=24)
TRIES: Final = 3
ONE_CALL: Final = timedelta(minutes=15)
_NOTED: Final = """
select type, data::text as data from event
where type in ('followup.done.v1', 'followup.unreached.v1') and starts_with(cause, '/outage/restorer/within')
"""
_KINDS: Final[dict[str, type[dispatch.Fact]]] = {
    "followup.done.v1": dispatch.FollowupDone,
    "followup.unreached.v1": dispatch.FollowupUnreached,
}


class Calling(NamedTuple):
    """A promise to call: by when, when the last was called, and whether it binds nobody."""

    due: datetime
    done: datetime | None
    void: bool


async def noted(log: asyncpg.Connection) -> list[dispatch.Fact]:
    """The calls that people put on record themselves: no topic has them."""
    return [msgspec.json.decode(row["data"], type=_KINDS[row["type"]]) for row in await log.fetch(_NOTED)]


def calling(facts: Sequence[Any], cuts: Sequence[Dark]) -> Iterable[Calling]:
    """What one outage promises, time with power by time with power."""
    reports = [one for one in facts if isinstance(one, dispatch.FaultReported) and one.report_id is not None]
    first = {one.report_id: min(r.reported_at for r in reports if r.report_id == one.report_id) for one in reports}
    heard_before = set[str | None]()
    for cut, following in zip(cuts, [*cuts[1:], None], strict=True):
        if cut.back is None:
            continue
        off = following.off if following is not None else None
        due = cut.back + WITHIN
        whom = [name for name, at in first.items() if at <= cut.back and name not in heard_before]
        called = [_called(facts, name, cut.back, off) for name in whom]
        if whom:
            done = None if None in called else max(at for at in called if at is not None)
            yield Calling(due, done, off is not None and off < due and (done is None or done > due))
        if off is not None:
            heard_before |= {name for name in first if any(_heard(facts, name, cut.back, off))}


def _called(facts: Sequence[Any], name: str | None, back: datetime, off: datetime | None) -> datetime | None:
    heard = sorted(_heard(facts, name, back, off))[:1]
    tried = sorted(
        one.tried_at
        for one in facts
        if isinstance(one, dispatch.FollowupUnreached) and one.report_id == name and _in(one.tried_at, back, off)
    )
    apart: list[datetime] = []
    for at in tried:
        if not apart or at - apart[-1] > ONE_CALL:
            apart.append(at)
    return min([*heard, *apart[TRIES - 1 : TRIES]], default=None)


def _heard(facts: Sequence[Any], name: str | None, back: datetime, off: datetime | None) -> Iterator[datetime]:
    for one in facts:
        if isinstance(one, dispatch.FollowupDone) and one.report_id == name and _in(one.done_at, back, off):
            yield one.done_at


def _in(at: datetime, back: datetime, off: datetime | None) -> bool:
    return back <= at and (off is None or at < off)
