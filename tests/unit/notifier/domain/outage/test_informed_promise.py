"""Key customers hear of a notice in time, or the promise to tell them is broken, by receipts and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period, RuleRef, Wire
from schemas.contracts.notices import NoticeAmended, NoticeDeadlineMoved, NoticePublished, NoticeWithdrawn
from schemas.contracts.promises import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, TimerFired
from services.notifier.domain.outage.decider import NotifierOutage, Outage
from services.notifier.domain.outage.informed_promise import NoticeReach
from services.notifier.domain.outage.truth import truth
from services.policy.quiet import QUIET, Nights
from tests.kits.deciders.notifier import ZONE, at
from tests.kits.promises import Lives

MRID = "P-1"
RULE = RuleRef(policy_id="cn", policy_version="1", rule_id="cn.planned.key-customers")
NAME = f"{MRID}/1/{RULE.rule_id}"
PUBLISHED, DUE = at(2, 9), at(2, 11)
WARN = DUE - timedelta(minutes=30)
HOSPITAL = ("hospital",)


def notice(version: int = 1, published: datetime = PUBLISHED, **more: Any) -> NoticePublished:
    return NoticePublished(**_fields(version, published), **more)


def amended(change: str, published: datetime, **more: Any) -> NoticeAmended:
    before = Period(start=at(12, 8), end=at(12, 17))
    return NoticeAmended(
        **_fields(2, published) | more,
        supersedes=f"{MRID}/1",
        previous_period=before,
        change=change,  # type: ignore[arg-type]
    )


def _fields(version: int, published: datetime) -> dict[str, Any]:
    late = published - PUBLISHED
    return {
        "mrid": MRID,
        "notice_id": f"{MRID}/{version}",
        "revision_number": version,
        "version": version,
        "outage_class": "planned",
        "published_at": published,
        "planned_period": Period(start=at(12, 8), end=at(12, 17 - version)),
        "extent": Extent(lines=("L1",)),
        "inform_by": DUE + late,
        "inform_rule": RULE,
        "inform_warn_at": WARN + late,
    }


@dataclass
class Stream:
    """One outage of the notifier."""

    decider: NotifierOutage = field(default_factory=NotifierOutage)
    state: Outage = field(default_factory=lambda: Outage(MRID))
    heard: int = 0
    lives: Lives = field(default_factory=Lives)

    def hear(self, fact: Wire, now: datetime) -> list[Any]:
        return self._take(Message("/planner", f"{self.heard}", TYPE_OF[type(fact)], now, fact, MRID, 0), None, now)

    def fire(self, kind: str, reach: NoticeReach, *, unproven: bool = False) -> list[Any]:
        (name,) = (name for name in self.timers() if name.startswith(kind))
        due_at = self.timers()[name]
        fired = TimerFired(name=name, due_at=due_at, unproven=unproven)
        said = self._take(Message("timer", name, TIMER_FIRED, due_at, fired, MRID, 0), reach, due_at)
        assert name not in self.timers()
        return said

    def timers(self) -> dict[str, datetime]:
        return dict(self.decider.timers(self.state))

    def _take(self, message: Message, reach: NoticeReach | None, now: datetime) -> list[Any]:
        decision: Decision = self.decider.decide(self.state, reach, message, now)
        for new in decision.events:
            self.heard += 1
            event = Event(f"outage/{MRID}", self.heard, UUID(int=self.heard), new.type, new.data, now, "x", "y")
            self.state = self.decider.evolve(self.state, event)
            self.lives.hear(new.data)
        return [event.data for event in decision.events if event.type.startswith("promise.")]


def told(last: datetime, expected: int = 3) -> NoticeReach:
    return NoticeReach(expected, expected, last)


def waiting() -> NoticeReach:
    return NoticeReach(3, 2, at(2, 10), HOSPITAL)


def noticed() -> Stream:
    stream = Stream()
    stream.hear(notice(), PUBLISHED)
    return stream


def test_a_notice_promises_that_key_customers_hear_of_it_in_time() -> None:
    stream = Stream()
    (made,) = stream.hear(notice(), PUBLISHED)
    assert isinstance(made, PromiseMade)
    assert (made.promise_id, made.due_at, made.at_risk_at, made.rule) == (NAME, DUE, WARN, RULE)
    assert stream.timers() == {f"informed-warn/{NAME}": WARN, f"informed-due/{NAME}": DUE}


def test_kept_as_soon_as_it_is_looked_at_when_every_handset_has_it() -> None:
    stream = noticed()
    (kept,) = stream.fire("informed-warn", told(at(2, 9)))
    assert isinstance(kept, PromiseKept)
    assert (kept.at, kept.reason, stream.timers()) == (at(2, 9), "all-told-in-time", {})


def test_at_risk_before_it_breaks_and_broken_by_name_when_somebody_has_no_receipt() -> None:
    stream = noticed()
    (risk,) = stream.fire("informed-warn", waiting())
    assert isinstance(risk, PromiseAtRisk)
    (broken,) = stream.fire("informed-due", waiting())
    assert isinstance(broken, PromiseBroken)
    assert (broken.at, broken.evidence) == (DUE, ("unreached:hospital",))


def test_a_receipt_after_the_deadline_keeps_nothing() -> None:
    stream = noticed()
    (broken,) = stream.fire("informed-due", told(DUE + timedelta(seconds=1)))
    assert isinstance(broken, PromiseBroken)


def test_receipts_that_come_late_of_texts_that_came_in_time_correct_the_verdict() -> None:
    stream = noticed()
    stream.fire("informed-due", waiting())
    (corrected,) = stream.fire("informed-again", told(at(2, 10)))
    assert isinstance(corrected, PromiseCorrected)
    assert (corrected.was, corrected.now, stream.timers()) == ("broken", "kept", {})


def test_receipts_that_come_late_count_though_the_work_was_called_off_after_the_deadline() -> None:
    stream = noticed()
    stream.fire("informed-due", waiting())
    after, period = DUE + timedelta(minutes=10), notice().planned_period
    gone = NoticeWithdrawn(
        mrid=MRID, notice_id=f"{MRID}/1", version=1, withdrawn_at=after, planned_period=period, reason="cancelled"
    )
    assert stream.hear(gone, after) == []
    (corrected,) = stream.fire("informed-again", told(at(2, 10)))
    assert (corrected.was, corrected.now) == ("broken", "kept")


def test_what_stays_broken_is_looked_at_once_more_and_no_more() -> None:
    stream = noticed()
    stream.fire("informed-due", waiting())
    assert stream.fire("informed-again", waiting()) == []
    assert stream.timers() == {}


def test_customers_not_found_yet_are_not_told() -> None:
    (broken,) = noticed().fire("informed-due", NoticeReach(2, 2, at(2, 10), complete=False))
    assert isinstance(broken, PromiseBroken)


def test_where_no_key_customer_is_concerned_the_promise_is_kept() -> None:
    (kept,) = noticed().fire("informed-warn", NoticeReach(0, 0, None))
    assert isinstance(kept, PromiseKept)
    assert kept.reason == "no-key-customer-concerned"


def test_a_withdrawn_notice_voids_it() -> None:
    stream = noticed()
    period = Period(start=at(12, 8), end=at(12, 16))
    gone = NoticeWithdrawn(
        mrid=MRID, notice_id=f"{MRID}/1", version=1, withdrawn_at=at(2, 10), planned_period=period, reason="cancelled"
    )
    (voided,) = stream.hear(gone, at(2, 10))
    assert isinstance(voided, PromiseVoided)
    assert stream.timers() == {}


@pytest.mark.parametrize("kept", [False, True])
def test_of_an_outage_that_there_was_not_no_verdict_counts(*, kept: bool) -> None:
    stream = noticed()
    if kept:
        stream.fire("informed-warn", NoticeReach(0, 0, None))
    period = Period(start=at(12, 8), end=at(12, 16))
    gone = NoticeWithdrawn(
        mrid=MRID, notice_id=f"{MRID}/1", version=1, withdrawn_at=at(2, 10), planned_period=period, reason="withdrawn"
    )
    (word,) = stream.hear(gone, at(2, 10))
    assert isinstance(word, PromiseCorrected if kept else PromiseVoided)
    assert word.reason == "withdrawn"
    assert stream.timers() == {}


@pytest.mark.parametrize("change", ["moved", "narrowed", "changed"])
def test_an_amended_notice_makes_its_own_measured_from_when_it_was_published(change: str) -> None:
    stream = noticed()
    voided, made = stream.hear(amended(change, at(2, 10)), at(2, 10))
    assert (voided.reason, made.promise_id) == ("notice-superseded", f"{MRID}/2/{RULE.rule_id}")
    assert made.measured_from == at(2, 10)
    assert stream.state.noticed_since == PUBLISHED


def test_who_knew_before_a_notice_was_published_anew_was_told_in_time() -> None:
    stream = noticed()
    stream.hear(amended("changed", at(2, 10), extent=Extent(lines=("L1", "L2"))), at(2, 10))
    (kept,) = stream.fire("informed-warn", told(at(2, 9)))
    assert isinstance(kept, PromiseKept)
    assert kept.at == at(2, 9)


def test_the_same_notice_twice_promises_once() -> None:
    assert noticed().hear(notice(), PUBLISHED) == []


def test_a_verdict_given_while_facts_still_waited_says_so() -> None:
    (broken,) = noticed().fire("informed-due", waiting(), unproven=True)
    assert broken.unproven


def moved(due: datetime, *, version: int = 1, rule: RuleRef | None = RULE) -> NoticeDeadlineMoved:
    return NoticeDeadlineMoved(
        mrid=MRID,
        notice_id=f"{MRID}/{version}",
        version=version,
        at=PUBLISHED,
        was=DUE,
        inform_by=due,
        inform_rule=rule,
        inform_warn_at=due - timedelta(minutes=30),
        reason="calendar-changed",
    )


def test_a_deadline_that_the_calendar_moves_ends_the_open_promise_with_the_reason_and_makes_it_again() -> None:
    stream = noticed()
    later = DUE + timedelta(days=1)
    voided, made = stream.hear(moved(later), PUBLISHED)
    assert isinstance(voided, PromiseVoided)
    assert isinstance(made, PromiseMade)
    assert (voided.promise_id, voided.reason) == (NAME, "calendar-changed")
    assert (made.promise_id, made.due_at, made.measured_from) == (f"{NAME}.2", later, PUBLISHED)
    assert stream.timers() == {
        f"informed-warn/{NAME}.2": later - timedelta(minutes=30),
        f"informed-due/{NAME}.2": later,
    }
    assert [type(word) for word in stream.fire("informed-warn/", told(at(2, 10)))] == [PromiseKept]


def test_a_deadline_moved_twice_is_counted_on() -> None:
    stream = noticed()
    stream.hear(moved(DUE + timedelta(days=1)), PUBLISHED)
    _, made = stream.hear(moved(DUE), PUBLISHED)
    assert made.promise_id == f"{NAME}.3"


def test_texts_still_to_be_sent_are_due_by_the_moved_deadline() -> None:
    stream = noticed()
    stream.hear(moved(DUE + timedelta(days=1)), PUBLISHED)
    known = truth(stream.state.facts)
    assert known is not None
    assert known.inform_by == DUE + timedelta(days=1)


def test_a_verdict_given_stays_though_the_deadline_moves() -> None:
    stream = noticed()
    stream.fire("informed-due/", waiting())
    assert stream.hear(moved(DUE + timedelta(days=1)), PUBLISHED) == []


def test_a_deadline_of_a_notice_that_was_superseded_moves_nothing() -> None:
    stream = noticed()
    stream.hear(amended("changed", PUBLISHED + timedelta(hours=1)), PUBLISHED + timedelta(hours=1))
    before = stream.timers()
    assert stream.hear(moved(DUE + timedelta(days=1)), PUBLISHED) == []
    assert stream.timers() == before


def test_a_policy_that_no_longer_has_such_a_rule_ends_the_promise() -> None:
    (voided,) = noticed().hear(moved(DUE + timedelta(days=1), rule=None), PUBLISHED)
    assert isinstance(voided, PromiseVoided)


NIGHTS = Nights(QUIET, ZONE)


NIGHT = at(2, 23)


def at_night(published: datetime = NIGHT, **more: Any) -> tuple[Stream, PromiseMade]:
    stream = Stream(NotifierOutage(nights=NIGHTS))
    (made,) = stream.hear(structs.replace(notice(published=published), **more), published)
    return stream, made


def test_of_a_notice_of_the_night_they_are_told_in_the_morning_and_the_promise_is_due_then() -> None:
    _, made = at_night()
    assert (made.measured_from, made.due_at, made.at_risk_at) == (at(2, 23), at(3, 9), at(3, 8, 30))


def test_what_is_due_later_than_the_morning_and_its_minutes_stands() -> None:
    _, made = at_night(inform_by=at(4, 0), inform_warn_at=at(3, 23))
    assert (made.due_at, made.at_risk_at) == (at(4, 0), at(3, 23))


def test_of_work_that_begins_at_dawn_they_are_told_at_night_as_ever() -> None:
    _, made = at_night(planned_period=Period(start=at(3, 5), end=at(3, 9)))
    assert made.due_at == at(3, 1)


def test_a_notice_of_the_day_keeps_its_promise_though_that_ends_in_the_night() -> None:
    _, made = at_night(at(2, 20))
    assert made.due_at == at(2, 22)


def test_a_verdict_says_that_they_were_told_in_the_morning() -> None:
    stream, made = at_night()
    (kept,) = stream.fire("informed-due", told(at(3, 7, 1)))
    assert (kept.reason, kept.due_at) == ("all-told-in-the-morning", made.due_at)
    early, _ = at_night()
    (kept,) = early.fire("informed-due", told(at(3, 0, 30)))
    assert kept.reason == "all-told-in-time"


def test_a_broken_one_says_that_it_was_due_in_the_morning_only() -> None:
    stream, _ = at_night()
    stream.fire("informed-warn", waiting())
    (broken,) = stream.fire("informed-due", waiting())
    assert (broken.reason, broken.evidence) == ("not-all-told", ("due-moved:quiet-hours", "unreached:hospital"))


def test_a_deadline_that_is_counted_anew_waits_for_the_morning_too() -> None:
    stream, made = at_night()
    moved = NoticeDeadlineMoved(
        mrid=MRID,
        notice_id=f"{MRID}/1",
        version=1,
        at=at(3, 6),
        was=at(3, 1),
        inform_by=at(3, 2),
        inform_rule=RULE,
        reason="rule-changed",
    )
    _, again = stream.hear(moved, at(3, 6))
    assert again.due_at == made.due_at
