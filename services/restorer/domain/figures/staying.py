"""Say who stayed out under other outages as an outage, or a part of it, was back: by all that is known of all of them now. Pure.

What is published with a restoration (`stayOut`) knows the outages that were known when it was decided. One that is heard of later,
grows or is dated otherwise since may have held its customers all the same: figures go by what is said here, whatever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from services.places.topology import NetworkPart
from services.restorer.domain.course.walk import SupplyMark
from services.restorer.domain.events import ClaimByModel, StayUnder, SupplyByModel
from services.restorer.domain.figures.steps import COUNTED, began_of
from services.restorer.domain.lifecycle import Course, course_by, course_of
from services.restorer.domain.state import SupplyState

NOWHERE: frozenset[str] = frozenset()


def stays_word(
    state: SupplyState, network: NetworkPart | None, others: Mapping[str, SupplyState]
) -> SupplyByModel | None:
    """Who stayed out under others, where figures go by something else so far; None where they do not, or no network says it."""
    if state.network is None or network is None:
        return None
    stays = tuple(stays_of(state, network, others))
    known = state.found if state.found is not None or state.stays else ()
    return None if stays == known else replace(state.network, stays=stays)


def stays_of(state: SupplyState, network: NetworkPart, others: Mapping[str, SupplyState]) -> Iterator[StayUnder]:
    """For each instant at which power came back: which other outages held whom of these, by their own facts."""
    course = course_by(state, network)
    if course.status not in COUNTED:
        return
    for mrid, other in sorted(others.items()):
        if mrid in state.joined or (other.merged is not None and other.merged.into == state.mrid):
            continue  # those are its own customers
        ends = sorted(_returned(course_by(other, network), network).items())
        for at, points in sorted(_returned(course, network).items()):
            held = points & dark_at(other, at, network)
            alike: dict[tuple[datetime, datetime | None], set[str]] = defaultdict(set)
            since = _since(course, at, held, network)
            for point in held:
                until = next((end for end, back in ends if end > at and point in back), None)
                alike[since[point], until].add(point)
            for (lost, until), some in sorted(alike.items(), key=lambda one: (one[0][0], one[0][1] is None, one[0][1])):
                customers = network.customers(some)
                yield StayUnder(at=at, mrid=mrid, since=lost, until=until, points=len(some), customers=customers)


def _since(course: Course, at: datetime, points: frozenset[str], network: NetworkPart) -> Mapping[str, datetime]:
    """When points that got power at an instant had lost it."""
    found: dict[str, datetime] = {}
    for episode in course.episodes:
        began = began_of(course, episode)
        if began is None or began > at:
            continue
        found = {}
        for mark in _marks(course, episode.number):
            instant = began if mark.at is None else max(began, mark.at)
            if instant < at:
                dark = points & _points(mark, network)
                found = {point: found.get(point, instant) for point in dark}
    return {point: found.get(point, at) for point in points}


def dark_at(state: SupplyState, at: datetime, network: NetworkPart) -> frozenset[str]:
    """The points that had no power under an outage from an instant on; of one that goes on as another those until then."""
    course = course_of(state)
    if course.status not in COUNTED or (state.merged is not None and at >= state.merged.merged_at):
        return NOWHERE
    for episode in course.episodes:
        began, ended = began_of(course, episode), episode.ended
        if episode.withdrawn is not None or began is None or at < began or (ended is not None and at >= ended.at):
            continue
        marks = [one for one in _marks(course, episode.number) if one.at is None or one.at <= at]
        return _points(marks[-1], network) if marks else NOWHERE
    return NOWHERE


def _returned(course: Course, network: NetworkPart) -> Mapping[datetime, frozenset[str]]:
    """By instant, the points that got power then."""
    found: dict[datetime, frozenset[str]] = defaultdict(frozenset)
    for episode in course.episodes:
        if episode.withdrawn is not None:
            continue
        before: SupplyMark | None = None
        for mark in _marks(course, episode.number):
            if mark.step is not None:
                left = NOWHERE if mark.joined is not None else _points(mark, network)
                found[mark.step.at.at] |= _fresh(course, mark.step.by_model, before, left, network)
            before = mark
        if episode.ended is not None:
            found[episode.ended.at] |= _fresh(course, episode.by_model, before, NOWHERE, network)
    return found


def _fresh(
    course: Course, word: ClaimByModel | None, before: SupplyMark | None, left: frozenset[str], network: NetworkPart
) -> frozenset[str]:
    """Who got power by a claim: as it was judged; of what was closed since that is kept no more, and what was off says it."""
    judged = course.judged.get(word.claim) if word is not None else None
    if judged is not None and judged.fresh:
        return judged.fresh
    return NOWHERE if before is None else _points(before, network) - left


def _marks(course: Course, episode: int) -> list[SupplyMark]:
    return [one for one in course.marks if one.episode == episode]


def _points(mark: SupplyMark, network: NetworkPart) -> frozenset[str]:
    return frozenset(network.meaning(mark.remaining).ends - network.lit(mark.but))
