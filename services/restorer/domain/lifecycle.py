"""Conclude what happened to an outage, from its facts by their own instants.

Facts come late, twice and in any order, so nothing here asks when a fact arrived: the whole course of the outage is
concluded again from all facts known, sorted by the instants in them, and within one instant by services/instants.py, so that
every order of arrival ends alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import filterfalse, groupby
from typing import Any, Literal, TypeVar

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
from services.instants import AGAIN, ALL, BEGIN, CLOSED, EXTENT, JOINED, NONE, ORDERED, PART, PLACES, tie
from services.places import extents
from services.places.extents import says_nothing
from services.places.topology import NetworkPart
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.places import JudgedClaim
from services.restorer.domain.course.walk import ALL_RESTORED, DoubtfulPlaces, RefusedRestoration, SupplyMark, Walk
from services.restorer.domain.episodes import Episode, date, earliest
from services.restorer.domain.events import OUTAGE_CLOSED, OutageClosed, SupplyJoins
from services.restorer.domain.state import Start, SupplyState

Status = Literal["unknown", "predicted", "confirmed", "partiallyRestored", "restored", "closed", "withdrawn", "merged"]

T = TypeVar("T")
FOREGONE = ""
"""Who says what stands in the place of an extent that is not kept: nobody."""


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
    but: Extent = Extent()  # noqa: RUF009 - frozen
    """What of `remaining` has power, by the network model."""
    doubtful: Sequence[DoubtfulPlaces] = ()
    """Claims that do not fit where the outage is."""
    was: OutageClass | None = None
    """What the outage was said to be first; `outage_class` is what it is by the last word."""
    judged: Mapping[str, JudgedClaim] = field(default_factory=dict, compare=False)
    """What the network says of claims, where it was asked."""
    own: Moment | None = None
    """When it began by its own facts, whatever joined it."""
    marks: Sequence[SupplyMark] = field(default=(), compare=False)
    """What was off at any time."""

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


def _starts(state: SupplyState) -> list[Start]:
    return in_order(state.starts(), lambda s: (not s.fact.confirmed, s.at, s.fact.started_at), lambda s: s.fact)


def start_of(state: SupplyState) -> Start | None:
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
        outage_class, started = starts[0].fact.outage_class, Moment(starts[0].at, starts[0].cause)
        said = [each.fact for each in starts]
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


Entry = tuple[datetime, int, Fact, str]
"""When, which of what happened in one instant comes first, what, and who says so."""


def _joined(state: SupplyState) -> Iterator[Entry]:
    """Outages that were merged into this one, each when it was."""
    for other in state.joined.values():
        yield other.merged_at, JOINED, other, other.evidence


def timeline(state: SupplyState, began: Moment | None) -> list[Entry]:
    """What moves the course, sorted by its instant; claims that another open outage contradicts are left out.

    A restoration from before the outage `began` that somebody stands by counts as of that beginning. In the place of
    extents that are not kept any more (slimming.py) stands the first word on the extent after them.
    """
    first = start_of(state)

    def entries() -> Iterator[Entry]:
        for order, cause in state.of(CurtailmentOrdered):
            yield order.ordered_at, ORDERED, order, cause
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
        yield from _joined(state)
        for again, cause in state.of(OutageReopened):
            yield again.reopened_at, AGAIN, again, cause
        for start in state.starts():
            # A second start, after power was back, is a reopening in other words; so is the first one known, after a closing.
            again_off = any(closed.restored_at < start.at for closed in state.closings)
            if start.fact.confirmed and (first is None or start != first or again_off):
                is_beginning = first is not None and not again_off and start.at == first.at
                yield start.at, BEGIN if is_beginning else AGAIN, start.fact, start.cause

    def place(entry: Entry) -> tuple[datetime, int, datetime]:
        at, rank, fact, _ = entry
        return at, rank, fact.started_at if isinstance(fact, OutageStarted) else at

    return in_order(entries(), place, lambda entry: entry[2])


def _status(state: SupplyState, walk: Walk) -> Status:
    episode = walk.episode
    if state.merged is not None:
        return "merged"
    if episode.withdrawn is not None:
        return "withdrawn"
    if episode.ended is not None:
        return "closed" if state.closed_episode == episode.number else "restored"
    if episode.steps:
        return "partiallyRestored"
    start = start_of(state)
    confirmed = any(other.confirmed for other in state.joined.values())
    return (
        "confirmed" if confirmed or episode.number > 1 or (start is not None and start.fact.confirmed) else "predicted"
    )


def _with_joined(
    state: SupplyState, outage_class: OutageClass | None, started: Moment | None, began: Moment | None
) -> tuple[OutageClass | None, Moment | None, Moment | None]:
    """Class, start and beginning where other outages are the same one: the earlier beginning counts.

    A correction that dispatch made since speaks of the beginning of them all.
    """
    if not state.joined:
        return outage_class, started, began
    said, others = state.corrected("started_at"), [began for began, _ in _beginnings_joined(state)]
    if said is not None and said[0].started_at is not None and started is None:
        others.append(Moment(said[0].started_at, said[1]))
    classes = [other.outage_class for other in state.joined.values() if other.outage_class is not None]
    return (
        outage_class or next(iter(classes), None),
        earliest(filter(None, (started, *others))),
        earliest(filter(None, (began, *others))),
    )


def _beginnings_joined(state: SupplyState) -> Iterator[tuple[Moment, bool]]:
    """When outages that are this one began, and whether that was confirmed; not those that dispatch has corrected since."""
    said = state.corrected("started_at")
    for other in state.joined.values():
        if other.began_at is not None and (said is None or said[0].corrected_at < other.merged_at):
            yield Moment(other.began_at, other.evidence), other.confirmed


def _confirmed(state: SupplyState, opening: Start | None) -> Moment | None:
    """The first instant at which power is off by a word that predicts nothing."""
    own = [Moment(opening.at, opening.cause)] if opening is not None and opening.fact.confirmed else []
    return earliest([*own, *(began for began, sure in _beginnings_joined(state) if sure)])


def course_of(state: SupplyState) -> Course:
    """The course of the outage from all facts recorded so far; the order in which they were recorded does not show.

    Where a network model was asked before, what it said then counts (course/beside.py). Told once for each state, however often
    it is asked: before and after a fact, for its timers, for its view.
    """
    if not state.told:
        state.told.append(course_by(state, None))
    course: Course = state.told[0]
    return course


def _is_outdated(start: OutageStarted, at: datetime, worded: Collection[tuple[datetime, int]]) -> bool:
    """Whether a word on the extent from since the start was said, or an order from after it, says where it is instead."""
    since = min(start.started_at, at), PLACES[OutageStarted]
    return any(since < word and word[0] <= at for word in worded)


def course_by(state: SupplyState, network: NetworkPart | None) -> Course:
    """The course with places as the network has them; None: by what it said before, and by names."""
    first_class, first_started, report, extent = _opening(state)
    was, started, began = _with_joined(state, first_class, first_started, first_started or report)
    word = state.reclassified() if was is not None else None
    outage_class = word[0].outage_class if word is not None else was
    walk = Walk(extent, extent, [Episode(1)], state, network)
    walk.mark(None)
    opening = start_of(state)
    # A start that says where it is outdates what was said of an earlier instant, as it does in the notifier.
    worded_at = (
        opening.placed_at if opening and opening.fact.confirmed and not says_nothing(opening.fact.extent) else None
    )
    changes, orders = state.of(ExtentChanged), state.of(CurtailmentOrdered)
    worded = {(at, PLACES[ExtentChanged]) for at in state.foregone}
    worded |= {(one.changed_at, PLACES[ExtentChanged]) for one, _ in changes if not says_nothing(one.extent)}
    worded |= {(one.ordered_at, PLACES[CurtailmentOrdered]) for one, _ in orders if not says_nothing(one.extent)}
    for at, rank, fact, cause in timeline(state, began):
        if isinstance(fact, ExtentChanged | CurtailmentOrdered):
            if worded_at is None or (at, PLACES[type(fact)]) > (worded_at, PLACES[OutageStarted]):
                walk.reword(fact.extent)
        elif isinstance(fact, SupplyJoins):
            walk.join(fact, Moment(at, cause))
        elif isinstance(fact, SupplyRestored):
            walk.restore(fact, Moment(at, cause), began, believed=state.counts(fact, fact.restored_at))
        elif isinstance(fact, OutageWithdrawn):
            if state.counts(fact, fact.withdrawn_at):
                walk.withdraw(Moment(at, cause))
        elif isinstance(fact, OutageClosed):
            # What is closed was restored: a late fact from before it corrects; only power off again since opens it.
            if walk.out:
                walk.end(Moment(at, cause), ALL_RESTORED)
        else:
            said = fact.extent if isinstance(fact, OutageStarted) and not _is_outdated(fact, at, worded) else None
            if rank == AGAIN:
                walk.reopen(Moment(at, cause), said)
            elif said is not None:
                walk.reword(said)
        walk.mark(at, fact)
    own = started if outage_class == "fault" != was else None
    date(state, walk.episodes, own=own, confirmed=_confirmed(state, opening))
    status: Status = "unknown" if outage_class is None else _status(state, walk)
    first = min((m for m in (started, report) if m is not None), default=None)
    ordered = [order.ordered_at for order, _ in orders] if opening is None else []
    told_at = max(ordered, default=began.at if began is not None else None)
    return Course(
        status,
        outage_class,
        started,
        walk.extent,
        walk.remaining,
        walk.episodes,
        walk.refusals,
        began,
        first,
        told_at,
        walk.but if walk.out else Extent(),
        walk.doubtful,
        was,
        walk.judged,
        first_started or report,
        walk.marks,
    )
