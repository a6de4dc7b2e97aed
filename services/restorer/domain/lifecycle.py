"""Conclude what happened to an outage, from its facts by their own instants.

Facts come late, twice and in any order, so nothing here asks when a fact arrived: the whole course of the outage is
concluded again from all facts known, sorted by the instants in them, and within one instant by services/instants.py, so that
every order of arrival ends alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import filterfalse, groupby
from typing import Any, Literal, NamedTuple, TypeVar

from msgspec import structs

from schemas.contracts.base import Extent, OutageClass
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    Fact,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    PlanBody,
    PlannedAmended,
    PlannedRequested,
    SupplyRestored,
)
from services.instants import AGAIN, ALL, BEGIN, CLOSED, EXTENT, NONE, PART, tie
from services.places import extents
from services.places.extents import says_nothing
from services.plausibility import RESTORED_BEFORE
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.episodes import Episode, RestorationStep, date, earliest
from services.restorer.domain.events import OUTAGE_CLOSED, OutageClosed
from services.restorer.domain.state import SupplyState

Status = Literal["unknown", "predicted", "confirmed", "partiallyRestored", "restored", "closed", "withdrawn"]

T = TypeVar("T")
ALL_RESTORED = "all-restored"
STEPS_COMPLETE = "steps-complete"
FOREGONE = ""
"""Who says what stands in the place of an extent that is not kept: nobody."""


class RefusedRestoration(NamedTuple):
    """A claim of restored power that the other facts contradict."""

    claim: Moment
    reason: str
    contradicted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What the facts, taken together, say happened."""

    status: Status
    outage_class: OutageClass | None
    started: Moment | None
    extent: Extent
    remaining: Extent
    episodes: Sequence[Episode]
    refusals: Sequence[RefusedRestoration]
    began: Moment | None = None
    """When power went off first: the start, or with none the first report. No restoration counts that lies before it."""
    first: Moment | None = None
    """The first word of the outage, start or report."""
    said: datetime | None = None
    """Since when there is something to withdraw: it began, or load was ordered to be shed."""

    @property
    def known(self) -> bool:
        """Whether any fact says that there is an outage at all; until then the others are held."""
        return self.status != "unknown"

    @property
    def now(self) -> Episode:
        """The latest episode."""
        return self.episodes[-1]


def in_order(found: Iterable[T], key: Callable[[T], Any], fact: Callable[[T], Fact]) -> list[T]:
    """`found` by `key`, and by their bytes only where keys are the same: an extent may have 780 kB of them."""
    ranked = [list(same) for _, same in groupby(sorted(found, key=key), key)]
    return [
        one for same in ranked for one in (same if len(same) == 1 else sorted(same, key=lambda each: tie(fact(each))))
    ]


def _starts(state: SupplyState) -> list[tuple[OutageStarted, str]]:
    return in_order(state.of(OutageStarted), lambda s: (not s[0].confirmed, s[0].started_at), lambda s: s[0])


def start_of(state: SupplyState) -> tuple[OutageStarted, str] | None:
    """The start that counts: a confirmed one before a predicted one, then the earliest."""
    return next(iter(_starts(state)), None)


def _opening(state: SupplyState) -> tuple[OutageClass | None, Moment | None, Moment | None, Extent]:
    """Class, start, first report and first extent.

    Whoever names places first counts, in this order: the start, the other starts, the curtailment's order, then reports
    together with the plan, for work that was planned is where it was planned until a fact says otherwise.
    """
    outage_class: OutageClass | None = None
    started: Moment | None = None
    worded: list[Extent] = []
    if starts := _starts(state):
        start, said_by = starts[0]
        outage_class, started = start.outage_class, Moment(start.started_at, said_by)
        said = [each for each, _ in starts]
        # Of what was only predicted the newest word counts; a confirmed start after the first has its place on the walk.
        worded.extend(each.extent for each in (*filter(_is_confirmed, said), *filterfalse(_is_confirmed, said[::-1])))
    orders = in_order(state.of(CurtailmentOrdered), lambda o: o[0].ordered_at, lambda o: o[0])
    for order, cause in orders[-1:]:
        outage_class = outage_class or "curtailment"
        started = started or Moment(order.planned_period.start, cause)
        worded.append(order.extent)
    report = state.reports.moments.first()
    if state.reports.count:
        outage_class = outage_class or "fault"
    again, plan = (
        earliest(Moment(fact.reopened_at, cause) for fact, cause in state.of(OutageReopened)),
        latest_plan(state),
    )
    if outage_class is None and again is not None and plan is not None:
        # The start of noticed work was lost, or is held: that it is off again is told all the same, so its end must be.
        outage_class, started = plan.outage_class, again
    if all(says_nothing(extent) for extent in worded):
        worded.append(extents.union([*_planned(state), state.reports.extent()]))
    known = next((extent for extent in worded if not says_nothing(extent)), Extent())
    # A first word that names no place may still count customers.
    return outage_class, started, report, extents.follow(known, worded[0]) if says_nothing(worded[0]) else known


def _is_confirmed(start: OutageStarted) -> bool:
    return start.confirmed


def _planned(state: SupplyState) -> Iterator[Extent]:
    if (plan := latest_plan(state)) is not None:
        yield plan.extent


def latest_plan(state: SupplyState) -> PlanBody | None:
    """The latest plan that names places."""
    plans: list[PlanBody] = [plan for kind in (PlannedRequested, PlannedAmended) for plan, _ in state.of(kind)]
    named = [plan for plan in plans if not says_nothing(plan.extent)]
    ordered = in_order(named, lambda plan: (plan.revision_number, plan.requested_at), lambda plan: plan)
    return ordered[-1] if ordered else None


@dataclass(slots=True)
class _Walk:
    """Goes through what happened in the order of its instants."""

    extent: Extent
    remaining: Extent
    episodes: list[Episode]
    refusals: list[RefusedRestoration] = field(default_factory=list)

    @property
    def episode(self) -> Episode:
        return self.episodes[-1]

    @property
    def out(self) -> bool:
        return self.episode.over is None

    def reword(self, said: Extent) -> None:
        """A new word on the extent. Points restored before it and named again are out again."""
        self.extent = extents.follow(self.extent, said)
        if self.out:
            self.remaining = self.extent if not says_nothing(said) else extents.follow(self.remaining, said)

    def reopen(self, at: Moment, said: Extent | None = None) -> None:
        """Power is off again; where it is off anyway this says no more than that no part is back."""
        if not self.out:
            self.episodes.append(Episode(self.episode.number + 1, began=at))
        # Off again where a part was back: which part is not said, so nobody is told that theirs still is.
        self.remaining = self.extent
        if said is not None:
            self.reword(said)

    def restore(self, claim: SupplyRestored, at: Moment, began: Moment | None, *, believed: bool) -> None:
        """Power is said to be back: refused when contradicted, an end, or a step."""
        if not believed:
            self.refuse(at, RESTORED_BEFORE, (began.cause,) if began is not None else ())
        elif claim.test_energisation:
            self.refuse(at, "test-energisation", (at.cause,))
        elif not self.out:
            return
        elif claim.scope == "all":
            left = extents.not_covered(claim.extent, self.remaining)
            if left:
                self.refuse(at, "steps-incomplete", left)
            else:
                self.end(at, ALL_RESTORED)
        else:
            self.step(claim.extent, at)

    def step(self, restored: Extent, at: Moment) -> None:
        """A part is back; the outage ends when nothing remains of all that is known to be out."""
        if says_nothing(restored):
            self.refuse(at, "part-not-named", ())
        elif says_nothing(self.extent):
            # Nobody knows how far it reaches, so nobody knows what is left: that it is all is not concluded.
            self.episode.steps.append(RestorationStep(at, restored, Extent()))
        elif says_nothing(extents.common(self.remaining, restored)):
            if says_nothing(extents.common(self.extent, restored)):
                self.refuse(at, "points-not-in-outage", extents.all_names(restored))
        else:
            self.remaining = extents.minus(self.remaining, restored)
            if says_nothing(self.remaining):
                self.end(at, STEPS_COMPLETE)
            else:
                self.episode.steps.append(RestorationStep(at, restored, self.remaining))

    def withdraw(self, at: Moment) -> None:
        """There was no outage: nothing that was said before was one."""
        for episode in self.episodes:
            episode.withdrawn = at
        self.remaining = Extent()

    def end(self, at: Moment, how: str) -> None:
        self.episode.ended, self.episode.how = at, how
        self.remaining = Extent()

    def refuse(self, at: Moment, reason: str, contradicted_by: tuple[str, ...]) -> None:
        self.refusals.append(RefusedRestoration(at, reason, contradicted_by))


Entry = tuple[datetime, int, Fact, str]
"""When, which of what happened in one instant comes first, what, and who says so."""


def timeline(state: SupplyState, began: Moment | None) -> list[Entry]:
    """What moves the course, sorted by its instant; claims that another open outage contradicts are left out.

    A restoration from before the outage `began` that somebody stands by counts as of that beginning. In the place of
    extents that are not kept any more (slimming.py) stands the first word on the extent after them.
    """
    first = start_of(state)

    def entries() -> Iterator[Entry]:
        for change, cause in state.of(ExtentChanged):
            yield change.changed_at, EXTENT, change, cause
        for at in state.foregone:
            later = (
                change
                for change, _ in state.of(ExtentChanged)
                if change.changed_at > at and not says_nothing(change.extent)
            )
            if (following := min(later, key=lambda change: change.changed_at, default=None)) is not None:
                yield at, EXTENT, structs.replace(following, changed_at=at), FOREGONE
        for claim, cause in state.of(SupplyRestored):
            at = claim.restored_at
            if began is not None and claim.confirms is not None:
                at = max(at, began.at)
            yield at, PART if claim.scope == "part" else ALL, claim, cause
        for closed in state.closings:
            yield closed.restored_at, CLOSED, closed, OUTAGE_CLOSED
        for gone, cause in state.of(OutageWithdrawn):
            at = gone.withdrawn_at
            if began is not None and gone.confirms is not None:
                at = max(at, began.at)
            yield at, NONE, gone, cause
        for again, cause in state.of(OutageReopened):
            yield again.reopened_at, AGAIN, again, cause
        for start, cause in state.of(OutageStarted):
            # A second start, after power was back, is a reopening in other words; so is the first one known, after a closing.
            again_off = any(closed.restored_at < start.started_at for closed in state.closings)
            if start.confirmed and (first is None or start != first[0] or again_off):
                is_beginning = first is not None and not again_off and start.started_at == first[0].started_at
                yield start.started_at, BEGIN if is_beginning else AGAIN, start, cause

    return in_order(entries(), lambda entry: entry[:2], lambda entry: entry[2])


def _status(state: SupplyState, walk: _Walk) -> Status:
    episode = walk.episode
    if episode.withdrawn is not None:
        return "withdrawn"
    if episode.ended is not None:
        return "closed" if state.closed_episode == episode.number else "restored"
    if episode.steps:
        return "partiallyRestored"
    start = start_of(state)
    return "confirmed" if episode.number > 1 or (start is not None and start[0].confirmed) else "predicted"


def course_of(state: SupplyState) -> Course:
    """The course of the outage from all facts recorded so far; the order in which they were recorded does not show.

    Told once for each state, however often it is asked: before and after a fact, for its timers, for its view.
    """
    if not state.told:
        state.told.append(_course_of(state))
    course: Course = state.told[0]
    return course


def _course_of(state: SupplyState) -> Course:
    outage_class, started, report, extent = _opening(state)
    began = started or report
    walk = _Walk(extent, extent, [Episode(1)])
    opening = start_of(state)
    # A start that says where it is outdates what was said of an earlier instant, as it does in the notifier.
    worded_at = (
        opening[0].started_at if opening and opening[0].confirmed and not says_nothing(opening[0].extent) else None
    )
    worded = {change.changed_at for change, _ in state.of(ExtentChanged) if not says_nothing(change.extent)}
    worded.update(state.foregone)
    for at, rank, fact, cause in timeline(state, began):
        if isinstance(fact, ExtentChanged):
            if worded_at is None or at >= worded_at:
                walk.reword(fact.extent)
        elif isinstance(fact, SupplyRestored):
            walk.restore(fact, Moment(at, cause), began, believed=state.counts(fact, fact.restored_at))
        elif isinstance(fact, OutageWithdrawn):
            if state.counts(fact, fact.withdrawn_at):
                walk.withdraw(Moment(at, cause))
        elif isinstance(fact, OutageClosed):
            # What is closed was restored: a late fact from before it corrects; only power off again since opens it.
            if walk.out:
                walk.end(Moment(at, cause), ALL_RESTORED)
        elif isinstance(fact, OutageStarted) and rank == BEGIN:
            walk.reword(fact.extent)
        else:
            said = fact.extent if isinstance(fact, OutageStarted) and at not in worded else None
            walk.reopen(Moment(at, cause), said)
    date(state, walk.episodes)
    status: Status = "unknown" if outage_class is None else _status(state, walk)
    first = min((m for m in (started, report) if m is not None), default=None)
    orders = [order.ordered_at for order, _ in state.of(CurtailmentOrdered)] if opening is None else []
    told_at = max(orders, default=began.at if began is not None else None)
    return Course(
        status, outage_class, started, walk.extent, walk.remaining, walk.episodes, walk.refusals, began, first, told_at
    )
