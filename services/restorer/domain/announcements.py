"""Announce what is new about power itself: steps, confirmed, refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import structs

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged
from schemas.contracts.restorations import (
    MetersRead,
    OutageClassified,
    RestorationConfirmed,
    RestorationPart,
    RestorationRefused,
)
from services.places.extents import all_names, says_nothing
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.beside import NOTHING_BESIDE, Beside, Held, figures, held_by_others
from services.restorer.domain.course.places import JudgedClaim
from services.restorer.domain.episodes import RestorationStep
from services.restorer.domain.events import ClaimByModel
from services.restorer.domain.evolve import PART_TAKEN_BACK, TAKEN_BACK
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

Said = OutageClassified | RestorationPart | RestorationConfirmed | RestorationRefused
NAME_LENGTH = 200  # schemas.contracts.base.Name
NAMES_SHOWN = 50  # a refusal gives examples of what contradicts it; a storm's whole list would not fit a message


def announce(
    state: SupplyState,
    course: Course,
    now: datetime,
    beside: Beside = NOTHING_BESIDE,
    meters: MetersRead | None = None,
) -> Iterator[Said]:
    """The words that `state` lacks about the course its facts describe; `beside`: what was looked up for them.

    Parts and confirmation of an earlier episode are not made up for: they would be read as the present. Of an outage that
    was withdrawn nothing is said: everybody hears that from dispatch itself. Of one that
    goes on as another only what happened before.
    """
    if course.status == "withdrawn":
        return
    if course.status == "merged":
        yield from _before_merging(state, course, now, beside)
        return
    episode = course.now
    yield from _classified(state, course, now)
    refusals = _refusals(state, course, now)
    if not state.joined:
        yield from refusals
    if episode.ended is None:
        yield from _parts(state, course, beside)
    # Where another outage that is off turns out to be this one, what was all of it is a part before it is taken back.
    yield from refusals
    # After the parts: of a place that is back by another step than was said first nobody hears in between that it is off.
    yield from _parts_taken_back(state, course, now)
    if episode.ended is not None and episode.ended.at != state.announced:
        yield _confirmed(state, course, episode.ended, now, beside, meters)


def _confirmed(
    state: SupplyState,
    course: Course,
    ended: Moment,
    now: datetime,
    beside: Beside,
    meters: MetersRead | None = None,
) -> RestorationConfirmed:
    """The word that all of it is back."""
    episode = course.now
    judged = _judged(course, episode.by_model)
    held = held_by_others(episode.last[0], judged, ended.at, beside)
    return RestorationConfirmed(
        mrid=state.mrid,
        restored_at=ended.at,
        confirmed_at=now,
        started_at=course.started.at if course.started is not None and episode.number == 1 else _since(course),
        outage_class=course.outage_class,
        reason=episode.how or "all-restored",
        warnings=warnings_of(course),
        evidence=(ended.cause[:NAME_LENGTH],),
        turn=state.turns + 1,
        points=figures(state, episode.by_model, held, beside.network),
        stay_out=held.outages,
        meters=meters,
    )


def _before_merging(state: SupplyState, course: Course, now: datetime, beside: Beside) -> Iterator[Said]:
    """What came back before it turned out to be another outage, heard of only since; what was said before stands."""
    ended = course.now.ended
    if ended is None:
        yield from _parts(state, course, beside)
    elif ended.at != state.announced:
        yield _confirmed(state, course, ended, now, beside)


def _since(course: Course) -> datetime | None:
    return course.now.began.at if course.now.began is not None else None


def _refusals(state: SupplyState, course: Course, now: datetime) -> Iterator[RestorationRefused]:
    for refusal in course.refusals:
        if (refusal.claim.at, refusal.reason) not in state.refused:
            yield RestorationRefused(
                mrid=state.mrid,
                claimed_at=refusal.claim.at,
                reason=refusal.reason,
                contradicted_by=_shown(refusal.contradicted_by),
                decided_at=now,
            )
    withdrawn = any(episode.withdrawn is not None for episode in course.episodes)
    taken_back = (
        state.announced is not None
        and not withdrawn
        and all(episode.ended is None or episode.ended.at != state.announced for episode in course.episodes)
    )
    if taken_back and course.now.ended is None and state.announced is not None:
        # What was confirmed turns out incomplete: a fact from before it came late.
        yield RestorationRefused(
            mrid=state.mrid,
            claimed_at=state.announced,
            reason=TAKEN_BACK,
            contradicted_by=_shown(all_names(course.remaining)),
            decided_at=now,
            turn=state.turns + 1,
        )


def _parts_taken_back(state: SupplyState, course: Course, now: datetime) -> Iterator[RestorationRefused]:
    """Parts that were said to be back, and whose claim is refused since, or of which something is off after all.

    A fact from before them came late.
    """
    refused = {refusal.claim.at for refusal in course.refusals}
    if not state.concluded and not any(at in refused for at, _ in state.parts.values()):
        return
    held = {
        (step.at.at, restored) for episode in course.episodes for step in episode.steps for restored, _ in _back(step)
    }
    # The last step of all is an end: what was said as a part is borne out by that.
    ends = {episode.ended.at for episode in course.episodes if episode.ended is not None}
    for step, (at, restored) in state.parts.items():
        if at not in ends and (at in refused or step in state.concluded) and (at, restored) not in held:
            yield RestorationRefused(
                mrid=state.mrid,
                claimed_at=at,
                reason=PART_TAKEN_BACK,
                contradicted_by=_shown(all_names(restored)),
                decided_at=now,
                step=step,
            )


def _shown(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:NAME_LENGTH] for name in names[:NAMES_SHOWN])


def _judged(course: Course, word: ClaimByModel | None) -> JudgedClaim | None:
    return course.judged.get(word.claim) if word is not None else None


def _parts(state: SupplyState, course: Course, beside: Beside) -> Iterator[RestorationPart]:
    told, known = state.step, set(state.parts.values())
    for step in course.now.steps:
        for restored, word in _back(step):
            if (step.at.at, restored) in known:
                continue
            told += 1
            held = Held()
            if restored is step.restored:
                held = held_by_others(restored, _judged(course, word), step.at.at, beside)
            yield RestorationPart(
                mrid=state.mrid,
                step=told,
                restored_at=step.at.at,
                restored=restored,
                remaining=step.remaining,
                evidence=(step.at.cause[:NAME_LENGTH],),
                remaining_but=None if says_nothing(step.but) else step.but,
                points=figures(state, word, held, beside.network),
                stay_out=held.outages,
            )


def _back(step: RestorationStep) -> Iterator[tuple[Extent, ClaimByModel | None]]:
    """Where a step gave power to: what dispatch named; then, with no point more, what the outage names and is back whole by it."""
    word = step.by_model
    yield step.restored, word
    if word is not None and word.covered is not None:
        customers = None if word.customers_restored is None else 0
        yield word.covered, structs.replace(word, restored=0, customers_restored=customers)


def _classified(state: SupplyState, course: Course, now: datetime) -> Iterator[OutageClassified]:
    """What the outage is by dispatch's last word, for whoever judges work: again where that, its beginning or its extent moved.

    Where it is, for whoever judges work may have passed the new extent over while it was still a fault to them.
    """
    word, began, was = state.reclassified(), course.began, course.was
    if word is None or began is None or was is None:
        return
    said, cause = word
    last, grown = state.classified, _extent_since(state)
    present = (said.outage_class, was, began.at, said.plan_mrid)
    if last is not None and present == (last.outage_class, last.was, last.started_at, last.plan_mrid):
        known = last.extent_since
        is_newer = grown is not None and (known is None or grown > known)
        if not is_newer:
            return
    yield OutageClassified(
        mrid=state.mrid,
        outage_class=said.outage_class,
        was=was,
        started_at=began.at,
        restored_at=course.now.ended.at if course.now.ended is not None else None,
        extent=course.extent,
        extent_since=grown,
        plan_mrid=said.plan_mrid,
        reclassified_at=said.reclassified_at,
        by=cause[:NAME_LENGTH],
        decided_at=now,
    )


def _extent_since(state: SupplyState) -> datetime | None:
    """When dispatch last said anew where it is."""
    said = (one.changed_at for one, _ in state.of(ExtentChanged) if not says_nothing(one.extent))
    return max(said, default=None)


def warnings_of(course: Course) -> tuple[str, ...]:
    """What is odd about a restoration, and yet no reason to doubt it: a hospital may be back-fed before any crew."""
    episode = course.now
    if episode.ended is None or episode.withdrawn is not None:
        return ()
    found = {
        "crew-not-arrived": episode.arrived is None and course.outage_class in {"fault", "emergency"},
        "cause-not-cleared": episode.cleared is None,
    }
    return tuple(name for name, so in found.items() if so)
