"""Say of an outage's course who lost power when and got it back when: its interruptions by restoration step. Pure.

How many there were is known, for each time without power, in one way from its beginning to its end: by the network model where it
knows every word on the extent and every claim of power; else by `customersAffected`, where the last number that dispatch said
stands until it says another; else it cannot be said. A number that comes late, as the first, counts from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from schemas.contracts.base import Extent
from services.places import extents
from services.places.extents import says_nothing
from services.reliability import KnownBy, SupplyInterruption
from services.reliability.interruptions import HeldByOther
from services.restorer.domain.course.walk import SupplyMark
from services.restorer.domain.episodes import Episode
from services.restorer.domain.events import SupplyJoins
from services.restorer.domain.figures.groups import DarkGroups, PoweredGroup
from services.restorer.domain.figures.sizes import extent_name
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

COUNTED = frozenset({"confirmed", "partiallyRestored", "restored", "closed", "merged"})
"""What may have interrupted anybody. What is only predicted has not; what was withdrawn never was."""
Numbers = Sequence[int]
"""How many customers had no power as of each mark."""


def interruptions_of(state: SupplyState, course: Course) -> Iterator[SupplyInterruption]:
    """The interruptions of an outage, those of its first time without power first.

    A merged outage keeps those that were over by then; who had no power goes on under the one that goes on.
    """
    if course.status not in COUNTED:
        return
    for episode in course.episodes:
        began = began_of(course, episode)
        if episode.withdrawn is not None or began is None:
            continue
        marks = [mark for mark in course.marks if mark.episode == episode.number]
        known_by, groups = _groups(state, course, episode, began, marks)
        if state.merged is not None:
            groups = [one for one in groups if one.until is not None]
        yield from _interruptions(state, episode, began, known_by, groups)


def began_of(course: Course, episode: Episode) -> datetime | None:
    """When a time without power began, whatever joined it; None where nobody says."""
    if episode.began is not None:
        return episode.began.at
    moment = course.own or course.began
    return None if moment is None else moment.at


def _groups(
    state: SupplyState, course: Course, episode: Episode, began: datetime, marks: Sequence[SupplyMark]
) -> tuple[KnownBy, list[PoweredGroup]]:
    """Who had no power from when until when, and how that is known."""
    ways: Sequence[tuple[KnownBy, Callable[[], Numbers | None]]] = (
        ("network-model", lambda: _by_network(state, course, episode, marks)),
        ("customersAffected", lambda: _by_counts(marks)),
    )
    for known_by, ask in ways:
        numbers = ask()
        if numbers is not None:
            return known_by, _followed(state, episode, began, marks, numbers, by_network=known_by == "network-model")
    return "not-known", []


def _by_network(state: SupplyState, course: Course, episode: Episode, marks: Sequence[SupplyMark]) -> Numbers | None:
    if state.network is None:
        return None
    found = []
    for number, mark in enumerate(marks):
        following = marks[number + 1].step if number + 1 < len(marks) else None
        step = mark.step.by_model if mark.step is not None and mark.joined is None else None
        size: int | None
        if step is not None:
            size = step.customers_remaining
        elif mark.step is not None and mark.joined is None:
            return None
        else:
            size = _size(state, course, episode, mark, is_last=number + 1 == len(marks))
            word = following.by_model if following is not None else None
            if size is None and word is not None and None not in (word.customers_restored, word.customers_remaining):
                size = (word.customers_restored or 0) + (word.customers_remaining or 0)
        if size is None:
            return None
        found.append(size)
    return found


def _size(state: SupplyState, course: Course, episode: Episode, mark: SupplyMark, *, is_last: bool) -> int | None:
    """How many customers a word on the extent means; an older version asked about none but the last."""
    known = state.sizes.get(extent_name(mark.remaining, mark.but))
    if known is not None:
        return known
    if is_last and episode.by_model is not None and episode.by_model.customers_restored is not None:
        return episode.by_model.customers_restored
    word = state.network
    if word is None or not word.points or mark.remaining != course.extent or not says_nothing(mark.but):
        return None
    return word.customers


def _by_counts(marks: Sequence[SupplyMark]) -> Numbers | None:
    """By the last number that dispatch said; that of one that joined is added where it lies apart, and not where it lies within."""
    found: list[int | None] = []
    for number, mark in enumerate(marks):
        before = found[-1] if found else None
        off = marks[number - 1].remaining if number else Extent()
        if mark.joined is not None:
            found.append(_with_joined(before, off, mark.joined))
        elif mark.step is not None:
            back = mark.step.restored.customers_affected
            found.append(before if before is None or back is None else max(0, before - back))
        else:
            said = mark.remaining.customers_affected
            found.append(before if said is None else said)
    first = next((one for one in found if one is not None), None)
    return None if first is None else [first if one is None else one for one in found]


def _with_joined(before: int | None, off: Extent, other: SupplyJoins) -> int | None:
    more = other.remaining.customers_affected if other.dark else 0
    if before is None or says_nothing(off):
        return more
    if more is None or extents.inside(other.remaining, off):
        return before
    return before + more


def _followed(
    state: SupplyState,
    episode: Episode,
    began: datetime,
    marks: Sequence[SupplyMark],
    numbers: Numbers,
    *,
    by_network: bool,
) -> list[PoweredGroup]:
    groups = DarkGroups()
    for mark, number in zip(marks, numbers, strict=True):
        at = began if mark.at is None else max(began, mark.at)
        if mark.joined is None or not mark.joined.dark:
            groups.become(at, number)
            continue
        if mark.step is not None:
            # It was over when another outage joined that was not: what was its end is a part.
            groups.become(max(began, mark.step.at.at), 0)
        since = mark.joined.began_at or at
        all_of_it = _customers(state, mark.joined, by_network=by_network)
        more = max(0, number - groups.customers)
        if all_of_it is not None and all_of_it > more:
            groups.earlier(since, all_of_it - more)
        groups.lose(since, more)
        groups.become(at, number)
    if episode.ended is not None:
        groups.become(max(began, episode.ended.at), 0)
    return groups.all()


def _customers(state: SupplyState, other: SupplyJoins, *, by_network: bool) -> int | None:
    if by_network:
        return state.sizes.get(extent_name(other.remaining, other.remaining_but))
    return other.remaining.customers_affected


def _interruptions(
    state: SupplyState, episode: Episode, began: datetime, known_by: KnownBy, groups: Sequence[PoweredGroup]
) -> Iterator[SupplyInterruption]:
    if not groups:
        if state.merged is not None:
            return
        # Nobody, or nobody knows how many: the time without power is told all the same.
        ended = episode.ended.at if episode.ended is not None else None
        until = None if ended is None else max(began, ended)
        nobody = None if known_by == "not-known" else 0
        yield SupplyInterruption(
            episode=episode.number,
            off_from=began,
            off_until=until,
            customers=nobody,
            known_by=known_by,
            held=_held(state, until),
        )
    told: set[datetime | None] = set()
    for group in groups:
        yield SupplyInterruption(
            episode=episode.number,
            off_from=group.since,
            off_until=group.until,
            customers=group.customers,
            known_by=known_by,
            held=() if group.until in told else _held(state, group.until),
        )
        told.add(group.until)


def _held(state: SupplyState, at: datetime | None) -> tuple[HeldByOther, ...]:
    """Who of those who got power back at an instant stayed out under other outages: as was found since, else as was said then."""
    if state.found is not None:
        return tuple(
            HeldByOther(one.mrid, one.customers, one.since, one.until, known=True)
            for one in state.found
            if one.at == at
        )
    return tuple(
        HeldByOther(other.mrid, other.customers) for said in state.stays if said.at == at for other in said.outages
    )
