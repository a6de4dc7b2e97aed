"""Judge what the field reports of planned or ordered work: begun, wider, back, off again; and close it at its end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from schemas.citation import pair
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period, RuleRef, Wire
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    OutageCorrected,
    OutageReopened,
    OutageStarted,
)
from schemas.contracts.notices import NoticeBreached
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.kernel.model import Decision, Message, NewEvent
from services.planner.domain import promises
from services.planner.domain.events import NOTICE_REFERRED, WORK_UNBEGUN, WorkUnbegun
from services.planner.domain.evolve import follow
from services.planner.domain.field import breaches, corrections, curtailment_scheme, reclassified
from services.planner.domain.field.curtailment_scheme import Scheme
from services.planner.domain.notice.publishing import NoticePublisher, out
from services.planner.domain.state import InForce, PlanState
from services.planner.domain.traits import traits_of
from services.planner.domain.verdict.other_work import OtherWork
from services.planner.domain.verdict.overlaps import RELABELLED

WORKED = frozenset({"planned", "temporary"})
HELD, STARTED = "held-until-known", "already-started"
NOTICED_END, AT_RISK = "noticed-end", "at-risk/"


def timers(state: PlanState) -> Mapping[str, datetime]:
    """The noticed end while power is off or the work has not begun, and each warning not yet given."""
    armed = promises.timers(state.promises)
    notice = state.notice
    if notice is None and state.ends_by is not None and not state.over and breaches.OVERRAN not in state.breaches:
        armed |= {NOTICED_END: state.ends_by.told.period.end}
    if notice is not None and not state.over:
        breached = breaches.OVERRAN in state.breaches
        end = promises.judged_at(state.promises, notice.notice_id, notice.told.period.end, breached=breached)
        armed |= {NOTICED_END: end} if end is not None else {}
    return armed


class FieldWords:
    """Decides about facts of the field, under one policy (in `noticer`) and one published curtailment scheme."""

    def __init__(self, noticer: NoticePublisher, published: Scheme | None, planless: tuple[str, ...]) -> None:
        self._noticer = noticer
        self._scheme = published
        self._planless = planless
        self._inside = noticer.policy.inside
        self._zone = noticer.calendar.zone

    def start(self, state: PlanState, started: OutageStarted, message: Message, now: datetime) -> Decision:
        """Power is off for planned work: as noticed, or not."""
        word, started = started, corrections.as_corrected(state, started)
        if not state.planned and started.outage_class not in WORKED:
            return Decision("not-a-planning-fact")
        if not started.confirmed:
            return Decision("start-not-confirmed")
        back = state.restored_at
        if state.over and back is not None and started.started_at > back:
            # Power went off again, in other words: what is over is open again, in every service alike.
            return self.reopened(
                state, OutageReopened(mrid=state.mrid, reopened_at=started.started_at, confirms=started.confirms)
            )
        if state.started_at is not None and started.started_at >= state.started_at:
            return Decision(STARTED)
        record, at = _record(word), started.started_at
        given_up: list[NewEvent] = []
        if state.ended_before(at):
            # Its end was never looked at: what would have been said then, so that no verdict hangs on who came first.
            given_up = [*self._not_carried_out(state, now)]
            state = follow(state, given_up, now)
        noticed = state.in_force(at)
        traits = noticed.told.traits if noticed is not None else _traits(started)
        wrong = self._wrong(state, started, self._noticer.rule(promises.PUBLIC, traits))
        if noticed is None and state.notice is None and message.source.startswith(self._planless):
            return Decision("source-sends-no-plans", [*given_up, record])
        again = state.to_say_again(at, now)
        standing = [*self._noticer.stand_again(state, again, now)] if again is not None else []
        judged = self._broken(state, wrong, traits, message.cause, now)
        said = [*map(out, (*wrong, *judged, *breaches.told_after_all(state, noticed, message.cause, now)))]
        after = follow(state.after_start(at, now), [*standing, *said], now)
        closing = self._ended(after, state.restored_at, state.restored_by, now)
        reason = wrong[0].kind if wrong else "notice-stands-again" if again is not None else _how_begun(state, started)
        return Decision(reason, [*given_up, record, *standing, *said, *closing])

    def corrected(self, state: PlanState, word: OutageCorrected, cause: str, now: datetime) -> Decision:
        """Work began at another time than dispatch had said: breaches and verdicts follow."""
        at, record = word.started_at, _record(word)
        if not corrections.is_newer(state, word) or at is None:
            return Decision("nothing-corrected" if at is None else "older-correction")
        if not corrections.is_of(state.first_said, word) or state.order is not None:
            # A start that is heard of later may be the one it speaks of.
            return Decision(HELD, [record])
        if at == state.started_at:
            return Decision("start-known", [record])
        again = state.to_say_again(at, now)
        standing = [*self._noticer.stand_again(state, again, now)] if again is not None else []
        righted = [*map(out, corrections.righted(state, at, cause, now))]
        before = follow(replace(state, breaches=corrections.still_wrong(state, at)), righted, now)
        noticed = state.in_force(at)
        traits = _traits_of(state, noticed)
        rule = self._noticer.rule(promises.PUBLIC, traits)
        wrong = [*breaches.on_start(before, at, Extent(), self._inside, rule, self._zone)]
        said = [*map(out, (*wrong, *self._broken(before, wrong, traits, cause, now)))]
        after = follow(replace(before.after_start(at, now), correction=word), [*standing, *said], now)
        closing = self._ended(after, state.restored_at, state.restored_by, now)
        reason = wrong[0].kind if wrong else corrections.CORRECTED
        return Decision(reason, [record, *standing, *righted, *said, *closing])

    def classified(self, state: PlanState, word: OutageClassified, known: OtherWork, now: datetime) -> Decision:
        """The cut was work, or a fault, from its beginning: judged as what it is, from then on."""
        last = state.classified
        if state.order is not None:
            return Decision("not-planned-work")
        if last is not None and (word.reclassified_at, word.decided_at) <= (last.reclassified_at, last.decided_at):
            return Decision(reclassified.KNOWN)
        if word.outage_class == "fault":
            return self._no_work(state, word, now)
        if reclassified.only_moved(state, word):
            return self._moved(state, word, now)
        at, given_up = word.started_at, list[NewEvent]()
        if state.ended_before(at):
            given_up = [*self._not_carried_out(state, now)]
        records = [*([NewEvent(NOTICE_REFERRED, known.referred)] if known.referred is not None else []), _record(word)]
        if pair(word.by)[0].startswith(self._planless) and state.notice is None:
            return Decision("source-sends-no-plans", [*given_up, *records])
        # As it is seen now, before anything is concluded from when it began.
        base = follow(state, given_up, now)
        seen = follow(base, records[:-1], now) if known.referred is not None else replace(base, referred=None)
        again = seen.to_say_again(at, now)
        standing = [*self._noticer.stand_again(seen, again, now)] if again is not None else []
        righted: list[NewEvent] = []
        if state.started_at not in (None, at):
            # It began at another time, too: as where nothing but that is corrected.
            moved = replace(seen, breaches=base.breaches)
            righted = [*map(out, corrections.righted(moved, at, word.by, now))]
        righted += map(out, reclassified.righted(follow(base, righted, now), seen, at, word.by, now))
        before = follow(replace(seen, breaches=corrections.still_wrong(seen, at)), righted, now)
        noticed = seen.in_force(at)
        traits = noticed.told.traits if noticed is not None else traits_of(word.outage_class, word.extent, None)
        rule = self._noticer.rule(promises.PUBLIC, traits)
        wrong = [*breaches.on_start(before, at, word.extent, self._inside, rule, self._zone)]
        said = [*map(out, (*wrong, *self._broken(before, wrong, traits, word.by, now)))]
        events = [*given_up, *records, *standing, *righted, *said]
        after = follow(state, events, now)
        closing = self._ended(after, after.restored_at, after.restored_by, now)
        return Decision(_what_it_is(state, word, wrong), [*events, *closing])

    def _moved(self, state: PlanState, word: OutageClassified, now: datetime) -> Decision:
        """It is where dispatch has said since: as where that was heard here, which it was not where it was a fault until now."""
        if word.extent_since is None:
            return Decision(reclassified.KNOWN)
        return self.extent(
            state, ExtentChanged(mrid=word.mrid, changed_at=word.extent_since, extent=word.extent), word.by, now
        )

    def _no_work(self, state: PlanState, word: OutageClassified, now: datetime) -> Decision:
        """A fault: what was said of it as work counts no more; what is noticed for later stands."""
        notice = state.notice.told if state.notice is not None else None
        unbegun = WorkUnbegun(mrid=state.mrid)
        if notice is not None:
            unbegun = WorkUnbegun(
                mrid=state.mrid, outage_class=notice.outage_class, noticed=notice.period, extent=notice.extent
            )
        voided = map(out, reclassified.taken_back(state, word.by, now))
        return Decision(reclassified.A_FAULT, [_record(word), NewEvent(WORK_UNBEGUN, unbegun), *voided])

    def _wrong(self, state: PlanState, started: OutageStarted, rule: RuleRef | None) -> list[NoticeBreached]:
        """What of a start, and of the extent that was said before it was known, the public could not read."""
        at, grown = started.started_at, state.grown
        wrong = [*breaches.on_start(state, at, started.extent, self._inside, rule, self._zone)]
        if grown is not None and grown.changed_at >= at and breaches.WIDER not in {each.kind for each in wrong}:
            wrong += breaches.on_extent(state, grown.changed_at, grown.extent, self._inside, rule)
        return wrong

    def extent(self, state: PlanState, changed: ExtentChanged, cause: str, now: datetime) -> Decision:
        """The cut grew or shrank: still what was noticed, or wider."""
        if state.started_at is None:
            newer = state.grown is None or changed.changed_at > state.grown.changed_at
            return Decision(HELD, [_record(changed)]) if newer else Decision("older-extent")
        notice, back = state.in_force(changed.changed_at), state.restored_at
        if notice is None or (back is not None and changed.changed_at >= back):
            return Decision("no-notice-concerned")
        rule = self._noticer.rule(promises.PUBLIC, notice.told.traits)
        wrong = [*breaches.on_extent(state, changed.changed_at, changed.extent, self._inside, rule)]
        if not wrong:
            return Decision("extent-as-noticed")
        broken = self._broken(state, wrong, notice.told.traits, cause, now)
        return self.said(breaches.WIDER, [*wrong, *broken], changed)

    def restored(self, state: PlanState, confirmed: RestorationConfirmed, cause: str, now: datetime) -> Decision:
        """Power is back for everyone: promises are judged, and the notice gets its outcome."""
        if state.restored_at == confirmed.restored_at:
            return Decision("already-restored")
        if state.confirmed_at is not None and confirmed.confirmed_at < state.confirmed_at:
            return Decision("older-restoration")
        if state.reopened_at is not None and confirmed.restored_at <= state.reopened_at:
            return Decision("off-again-since")
        if state.started_at is None or confirmed.restored_at < state.started_at:
            return Decision(HELD, [_record(confirmed)])
        events = self._ended(state, confirmed.restored_at, cause, now)
        return Decision("notice-closed" if state.notice else "restored", [_record(confirmed), *events])

    def reopened(self, state: PlanState, reopened: OutageReopened) -> Decision:
        """Power went off again: the noticed end counts again."""
        back, again = state.restored_at, state.reopened_at
        if again is not None and reopened.reopened_at <= again:
            return Decision("already-off-again")
        if back is not None and reopened.reopened_at < back:
            return Decision("restored-since")
        return Decision("off-again" if back is not None else HELD, [_record(reopened)])

    def order(self, state: PlanState, order: CurtailmentOrdered, known: OtherWork, now: datetime) -> Decision:
        """A curtailment order is never refused: checked against the published sequence, published with its gaps."""
        if state.order is not None and order.ordered_at <= state.order.ordered_at:
            return Decision("already-ordered")
        if state.order is None and state.standing == "cancelled":
            return Decision("cancelled-before-ordered")
        rule = self._noticer.rule("follow-published-scheme", {"outage_class": "curtailment"})
        if rule is None and self._scheme is not None:
            # A scheme that is published is kept to, whether or not the regime has a rule for it.
            rule = self._noticer.setting("curtailment_scheme")
        found = curtailment_scheme.findings(order, self._scheme, known.steps, rule) if rule is not None else ()
        gaps = [each.reason for each in found if not each.holds]
        events = [_record(order), *self._noticer.order(state, order, found, now)]
        after = follow(state, events, now)
        events += self._ended(after, after.restored_at, after.restored_by, now)
        return Decision(gaps[0] if gaps else "order-published", events)

    def end(self, state: PlanState, due: datetime, now: datetime, *, unproven: bool) -> Decision:
        """The noticed end has come (what was due by `due`), and power is off or the work never began."""
        back, notice = state.restored_at, state.notice
        if state.started_at is None and back is not None and notice and back > notice.told.period.start:
            # Nobody said that it began, but it must have.
            return Decision("notice-closed", [*self._ended(state, back, state.restored_by, now)])
        if state.started_at is None and state.reopened_at is None:
            return Decision("noticed-work-not-begun", [*self._not_carried_out(state, now)])
        said = promises.lapsed(state.promises, _id(state), due, now, unproven=unproven)
        rule = self._noticer.rule(promises.DONE, state.ends_by.told.traits) if state.ends_by is not None else None
        return self.said(breaches.OVERRAN, [*breaches.on_end(state, rule, self._zone), *said])

    def _not_carried_out(self, state: PlanState, now: datetime) -> Iterator[NewEvent]:
        """The notice in force ended with nobody at work."""
        yield from map(out, promises.unbegun(state.promises, _id(state), now))
        yield from self._noticer.close(state, "not-carried-out", None, now)

    def said(self, reason: str, words: Iterable[Wire], fact: Wire | None = None) -> Decision:
        """A decision that publishes `words`, behind the fact they follow from."""
        published = [*map(out, words)]
        return Decision(reason, [*([_record(fact)] if fact is not None else []), *published])

    def _broken(
        self, state: PlanState, wrong: Sequence[NoticeBreached], traits: Mapping[str, object], cause: str, now: datetime
    ) -> Iterator[Wire]:
        policy, calendar = self._noticer.policy, self._noticer.calendar
        return breaches.broken(state, wrong, traits, policy, calendar, cause, now)

    def _ended(self, state: PlanState, restored_at: datetime | None, cause: str, now: datetime) -> Iterator[NewEvent]:
        """What follows once both are known, the start and power back, whichever was heard of first."""
        if restored_at is None or (state.started_at is not None and restored_at < state.started_at):
            return
        if state.ends_by is not None and breaches.OVERRAN not in state.breaches:
            # Heard of before the deadline's own timer ran: work that ran over is a breach all the same.
            rule = self._noticer.rule(promises.DONE, state.ends_by.told.traits)
            yield from map(out, breaches.on_late(state, state.ends_by, restored_at, rule, self._zone))
        yield from map(out, promises.on_restored(state.promises, _id(state), restored_at, cause, now))
        if state.notice is not None and (state.outcome is None or state.closed_for != restored_at):
            late = restored_at > state.notice.told.period.end
            how: Literal["carried-out", "carried-out-late"] = "carried-out-late" if late else "carried-out"
            yield from self._noticer.close(state, how, restored_at, now)


def _how_begun(state: PlanState, started: OutageStarted) -> str:
    """The named reason of a start that is as noticed."""
    if state.asked_as_planned and started.outage_class == "temporary":
        return RELABELLED
    return "start-recorded" if state.started_at is None else "start-corrected"


def _what_it_is(state: PlanState, word: OutageClassified, wrong: Sequence[NoticeBreached]) -> str:
    """The named reason of a cut that is work from its beginning."""
    last = state.classified
    if wrong:
        return wrong[0].kind
    if word.outage_class == "temporary" and (
        state.asked_as_planned or (last is not None and last.outage_class == "planned")
    ):
        return RELABELLED
    return reclassified.AS_WORK if state.started_at is None else reclassified.KNOWN


def _traits(started: OutageStarted) -> Mapping[str, object]:
    """Of a cut that no notice announced, as far as its start says."""
    until = started.ert
    period = Period(start=started.started_at, end=until) if until is not None and until > started.started_at else None
    return traits_of(started.outage_class, started.extent, period)


def _traits_of(state: PlanState, noticed: InForce | None) -> Mapping[str, object]:
    """Of work as it was noticed, then or at any other time."""
    known = noticed or state.notice or (state.past[-1].notice if state.past else None)
    return known.told.traits if known is not None else {"outage_class": "planned"}


def _id(state: PlanState) -> str:
    return state.notice.notice_id if state.notice is not None else ""


def _record(fact: Wire) -> NewEvent:
    return NewEvent(TYPE_OF[type(fact)], fact)
