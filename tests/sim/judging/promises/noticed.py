"""Work out what each published notice promises, and how it stands: the referee of what planner and notifier promise.

A notice is taken as it was published, for when that was decided is the planner's own; what follows from it is worked out
here. Of work that began before its notice was changed nothing is said: the product's tests say much of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.notices import Notice, NoticeAmended, NoticeWithdrawn
from tests.sim.judging.nights import informed_by
from tests.sim.judging.promises.figures import Under, by_standard
from tests.sim.judging.promises.owed import DAY, UNDERSTOOD, ZONE, Owed, as_corrected, reclassified, withdrawn
from tests.sim.judging.promises.shown import PageRead, first_read, said_after
from tests.sim.judging.words import Word

PUBLIC, KEY, END = "cn.planned.public-notice", "cn.planned.key-customers", "cn.planned.done-by-noticed-end"
SEVEN: Final = 7
INFORMING: Final = timedelta(hours=2)
"""What the notifier is left to reach the key customers of one plan."""
Reached = Callable[[str, Extent, Period, datetime], datetime | None]
"""When the last of all key customers at these places had been told of an outage for that time; None: not yet.

Not by texts after which, until an instant, they were told of another time, or that the work is off.
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """One notice, and when it was taken down or replaced."""

    notice: Notice
    until: datetime | None


def owed_by_notices(
    words: Iterable[Word],
    facts: Sequence[dispatch.Fact],
    reached: Reached,
    now: datetime,
    under: Under = by_standard,
    read: Sequence[PageRead] | None = None,
) -> tuple[list[Owed], set[str]]:
    """What all notices promise, and the mRIDs of outages of which nothing is said here.

    `read`: what a board read of them, where the public counts as told by that; None: by publication.
    """
    notices: dict[str, list[_Standing]] = {}
    for word in words:
        _follow(notices.setdefault(word.said.mrid, []), word.said)
    found: list[Owed] = []
    beyond: set[str] = set()
    gone = {mrid for mrid in {fact.mrid for fact in facts} if withdrawn([fact for fact in facts if fact.mrid == mrid])}
    for mrid, standing in notices.items():
        mine = as_corrected([fact for fact in facts if fact.mrid == mrid])
        if mrid in gone:
            continue  # There was no such outage: nothing is promised of it, whatever was published.
        begun = min((fact.started_at for fact in mine if isinstance(fact, dispatch.OutageStarted)), default=None)
        if (word := reclassified(mine)) is not None:
            if word.outage_class != "fault":
                beyond.add(mrid)
                continue
            # It was no work: of the end nothing is asked, and what was announced was announced.
            for one in standing:
                found += _owed(one, None, None, reached, now, under, read, no_work=True)
            continue
        if _too_hard(mine, standing, begun) or _said_too_late(standing, read):
            beyond.add(mrid)
            continue
        back = min((fact.restored_at for fact in mine if isinstance(fact, dispatch.SupplyRestored)), default=None)
        for one in standing:
            found += _owed(one, begun, back, reached, now, under, read)
        if begun is not None and begun > standing[-1].notice.planned_period.end:
            found.append(_untold(mrid, begun))
    for fact in facts:
        if not isinstance(fact, dispatch.OutageStarted):
            continue
        word = reclassified([one for one in facts if one.mrid == fact.mrid])
        kind = fact.outage_class if word is None else word.outage_class
        covered = word is not None and word.plan_mrid is not None and _covers(notices.get(word.plan_mrid, []), fact)
        if kind == "planned" and not covered and fact.mrid not in notices and fact.mrid not in gone:
            found.append(_untold(fact.mrid, fact.started_at))
    return found, beyond


def _covers(standing: Sequence[_Standing], start: dispatch.OutageStarted) -> bool:
    """Whether the public could read of it then, under the plan's own name: for the very places, so the stories have it."""
    return any(
        one.notice.published_at <= start.started_at
        and (one.until is None or one.until > start.started_at)
        and one.notice.planned_period.start <= start.started_at < one.notice.planned_period.end
        for one in standing
    )


def _untold(mrid: str, begun: datetime) -> Owed:
    """Of work that nobody was told of, or for another time that was over, the promise to tell is broken with its start."""
    return Owed(mrid, PUBLIC, _days_before(begun), begun)


def _follow(standing: list[_Standing], said: Any) -> None:
    last = standing[-1] if standing else None
    if isinstance(said, Notice):
        if last is not None and last.until is None:
            standing[-1] = _Standing(last.notice, said.published_at)
        standing.append(_Standing(said, None))
    elif isinstance(said, NoticeWithdrawn) and last is not None:
        standing[-1] = _Standing(last.notice, said.withdrawn_at)


def _too_hard(facts: Sequence[Any], standing: Sequence[_Standing], begun: datetime | None) -> bool:
    if not all(isinstance(fact, UNDERSTOOD) for fact in facts):
        return True
    kinds = {fact.outage_class for fact in facts if isinstance(fact, dispatch.PlanBody)}
    if kinds != {"planned"} or any(one.notice.safety_cut for one in standing):
        return True
    if begun is None:
        return any(isinstance(fact, dispatch.SupplyRestored | dispatch.OutageReopened) for fact in facts)
    last = standing[-1]
    as_noticed = last.notice.published_at <= begun >= last.notice.planned_period.start
    part = any(isinstance(fact, dispatch.SupplyRestored) and fact.scope == "part" for fact in facts)
    again = any(isinstance(fact, dispatch.OutageReopened) for fact in facts)
    return not as_noticed or last.until is not None or part or again


def _owed(
    one: _Standing,
    begun: datetime | None,
    back: datetime | None,
    reached: Reached,
    now: datetime,
    under: Under,
    read: Sequence[PageRead] | None,
    *,
    no_work: bool = False,
) -> Iterable[Owed]:
    notice, mrid = one.notice, one.notice.mrid
    start, end = notice.planned_period.start, notice.planned_period.end
    in_time = _days_before(start)
    narrowed = isinstance(notice, NoticeAmended) and notice.change == "narrowed"
    late = notice.published_at > in_time
    yield _told(one, in_time, read, void=late and narrowed)
    unbegun = (begun is None or begun > end) and end <= now
    yield Owed(mrid, END, end, back, void=one.until is not None or unbegun or no_work)
    days = under(mrid, KEY, notice.published_at).key_days
    by_day = min(start, max(_days_before(start, days), notice.published_at + INFORMING))
    inform_by = informed_by(by_day, notice.published_at, start)
    gone = one.until is not None and one.until <= inform_by
    yield Owed(mrid, KEY, inform_by, reached(mrid, notice.extent, notice.planned_period, inform_by), void=gone)


def _told(one: _Standing, in_time: datetime, read: Sequence[PageRead] | None, *, void: bool) -> Owed:
    """That the public is told: by publication, or by the first time that a board had its very words."""
    notice, until = one.notice, one.until
    if read is None or notice.published_at > in_time:
        return Owed(notice.mrid, PUBLIC, in_time, notice.published_at, void=void)
    at = first_read(read, notice)
    untold = at is None or (until is not None and at >= until)
    gone = until is not None and until <= in_time and untold
    return Owed(notice.mrid, PUBLIC, in_time, None if untold else at, void=gone)


def _said_too_late(standing: Sequence[_Standing], read: Sequence[PageRead] | None) -> bool:
    """Whether a notice was read, and taken down or replaced before anybody heard of that: the promise was void then."""
    return any(one.until is not None and said_after(read or (), one.notice.notice_id, one.until) for one in standing)


def _days_before(start: datetime, days: int = SEVEN) -> datetime:
    """The last instant for an announcement: so many whole days lie between its day and that of the start, in Shanghai."""
    return datetime.combine(start.astimezone(ZONE).date() - days * DAY, time.min, ZONE)
