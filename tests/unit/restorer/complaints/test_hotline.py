"""How soon the telephone is answered is counted hour by hour; what no feed says is not measured, never 100 %."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import RuleRef, encode
from schemas.contracts.dispatch import AnsweredWithin, CallsAnswered
from services.kernel.model import Decision, Event, Message
from services.plausibility import FIGURES
from services.restorer.domain import events
from services.restorer.domain.hotline.decider import HotlineDay, HotlineHours, stream_of
from services.restorer.domain.hotline.shares import HourRule, TelephoneHour, shares
from tests.kits.callers.complaint import POLICY

TEN = datetime(2026, 3, 5, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
STRUCTS = {"call.answered.v1": CallsAnswered, **events.STRUCTS}


def within(*limits: tuple[int, Any, int]) -> tuple[AnsweredWithin, ...]:
    return tuple(AnsweredWithin(limit=limit, unit=unit, calls=calls) for limit, unit, calls in limits)


def calls(hour: datetime = TEN, **more: Any) -> CallsAnswered:
    fields = {"calls": 400, "answered": 390, "abandoned": 8, "within": within((12, "seconds", 360), (3, "rings", 340))}
    return CallsAnswered(hotline="95598", hour=hour, **fields | more)


class DayRun:
    """One hotline on one day, with its log."""

    def __init__(self) -> None:
        self.decider = HotlineHours(FIGURES)
        self.state: HotlineDay = self.decider.initial("hotline/95598/2026-03-05")
        self.log: list[Event] = []

    def hears(self, fact: CallsAnswered, *, recorded: datetime | None = None) -> Decision:
        recorded = recorded or fact.hour + HOUR
        name = f"{len(self.log)}"
        message = Message("cc", name, "call.answered.v1", recorded, fact, "95598", 0, recorded_at=recorded)
        decision = self.decider.decide(self.state, None, message, recorded)
        for event in decision.events:
            data = msgspec.json.decode(encode(event.data), type=STRUCTS[event.type])
            made = Event(
                "hotline", len(self.log), uuid5(NAMESPACE_OID, name), event.type, data, recorded, "cc", decision.reason
            )
            self.log.append(made)
            self.state = self.decider.evolve(self.state, made)
        return decision


def test_an_hour_is_counted_once_however_often_it_is_sent() -> None:
    run = DayRun()
    assert run.hears(calls()).reason == "hour-counted"
    assert run.hears(calls()).reason == "already-known"
    assert run.state.hours == {TEN: calls()}
    assert run.decider.view(run.state)["hours"][0]["calls"] == 400


def test_a_restated_hour_takes_the_place_of_the_one_before_in_whatever_order_they_come() -> None:
    facts = (calls(), calls(revision=2, answered=380), calls(revision=3, answered=385))
    for order in permutations(facts):
        run = DayRun()
        for fact in order:
            run.hears(fact)
        assert run.state.hours == {TEN: facts[-1]}
        assert run.state.restated == 2


def test_an_older_revision_changes_nothing_and_says_so() -> None:
    run = DayRun()
    assert [run.hears(fact).reason for fact in (calls(revision=2), calls(answered=380))] == [
        "hour-counted",
        "older-revision",
    ]


@given(st.permutations([calls(answered=389), calls(answered=388), calls(answered=387)]))
def test_two_contents_of_one_revision_end_alike_whichever_comes_first(facts: list[CallsAnswered]) -> None:
    run = DayRun()
    reasons = [run.hears(fact).reason for fact in facts]
    assert reasons == ["hour-counted", "revision-told-otherwise", "revision-told-otherwise"]
    assert run.state.hours == {TEN: calls(answered=389)}


def test_an_hour_that_is_not_over_is_refused_by_name_and_counts_once_it_is_sent_again() -> None:
    run = DayRun()
    assert run.hears(calls(), recorded=TEN + timedelta(minutes=30)).reason == "hour-not-over"
    assert run.hears(calls(), recorded=TEN + timedelta(minutes=31)).events == ()
    (refused,) = run.decider.view(run.state)["refused"]
    assert (refused["reason"], refused["calls"], refused["hour"]) == ("hour-not-over", 400, "2026-03-05T02:00:00Z")
    assert run.hears(calls()).reason == "hour-counted"
    assert run.decider.view(run.state)["refused"] == []


def test_a_clock_some_minutes_ahead_is_believed() -> None:
    assert DayRun().hears(calls(), recorded=TEN + timedelta(minutes=55)).reason == "hour-counted"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"hour": "2026-03-05T10:07:00+08:00"}, "begins at no quarter of an hour"),
        ({"answered": 401}, "are more than calls 400"),
        ({"answered": 395, "abandoned": 6}, "answered 395 and abandoned 6 are more than calls 400"),
        ({"within": [{"limit": 12, "unit": "seconds", "calls": 391}]}, "but only 390 at all"),
        (
            {"within": [{"limit": n, "unit": "rings", "calls": c} for n, c in ((3, 300), (5, 299))]},
            "within 5 rings than within less",
        ),
        ({"within": [{"limit": 3, "unit": "rings", "calls": c} for c in (300, 299)]}, "names one limit twice"),
        ({"calls": -1}, "Expected `int` >= 0"),
    ],
)
def test_figures_that_contradict_each_other_are_refused_at_the_door_by_what_is_wrong(
    more: dict[str, Any], problem: str
) -> None:
    told = {"hotline": "95598", "hour": "2026-03-05T10:00:00+08:00", "calls": 400, "answered": 390, **more}
    with pytest.raises(msgspec.ValidationError, match=problem):
        msgspec.json.decode(msgspec.json.encode(told), type=CallsAnswered)


def test_each_rule_on_the_telephone_has_its_share_of_all_that_rang() -> None:
    hours = [
        calls(),
        calls(TEN + HOUR, calls=100, answered=90, abandoned=10, within=within((12, "seconds", 50), (5, "rings", 80))),
    ]
    found = {
        one.rule_id: (one.hours, one.calls, one.within, one.share) for one in shares(POLICY, map(TelephoneHour, hours))
    }
    assert found == {
        "cn.hotline.4-rings-12s": (2, 500, 410, 0.82),
        "cn.hotline.3-rings": (1, 400, 340, 0.85),
        "cn.hotline.5-rings": (1, 100, 80, 0.8),
    }


def test_each_hour_goes_by_the_rule_that_stood_when_it_was_told() -> None:
    name = "cn.hotline.4-rings-12s"
    ref = RuleRef(policy_id="cn", policy_version="before", rule_id=name)
    before = TelephoneHour(calls(within=within((20, "seconds", 380))), (HourRule(ref, "seconds", 20.0),))
    found = {one.rule_id: one for one in shares(POLICY, [TelephoneHour(calls(TEN + HOUR)), before])}
    assert (found[name].calls, found[name].within, found[name].amount) == (800, 740, 12.0)
    gone = TelephoneHour(
        calls(), (HourRule(RuleRef(policy_id="cn", policy_version="b", rule_id="own.3"), "rings", 3.0),)
    )
    assert [(one.rule_id, one.share) for one in shares(POLICY, [gone]) if one.is_measured] == [("own.3", 0.85)]


def test_where_no_feed_exists_every_rule_is_not_measured() -> None:
    assert [(one.is_measured, one.share) for one in shares(POLICY, [])] == [(False, None)] * 3


def test_an_hour_in_which_nobody_called_is_measured_and_has_no_share() -> None:
    quiet = calls(calls=0, answered=0, abandoned=0, within=within((12, "seconds", 0)))
    one = shares(POLICY, [TelephoneHour(quiet)])[0]
    assert (one.is_measured, one.share) == (True, None)


def test_hours_lie_in_the_stream_of_their_day_of_utc_however_the_zone_is_written() -> None:
    told = msgspec.json.decode(
        b'{"hotline":"95598","hour":"2026-03-05T07:00:00+08:00","calls":1,"answered":1}', type=CallsAnswered
    )
    assert stream_of(told) == "hotline/95598/2026-03-04"
