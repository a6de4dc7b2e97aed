"""What was said of when power is back is a promise: of times the one that stood when it came, and that the next word comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.dispatch import ErtChanged, OutageReclassified
from services.promises import episode_of
from services.restorer.domain.decider import RestorerOutage
from services.restorer.domain.owed.said_times import LOOKED_AT, episode_named
from tests.kits.deciders.restorer import (
    CALENDAR,
    MRID,
    POLICY,
    Outage,
    at,
    crew,
    part,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)

SAID, NEXT = "cn.words.expected-time", "cn.words.next-update"


def says(clock: str, ert: str | None = None, more_at: str | None = None) -> ErtChanged:
    """At `clock` dispatch says when power is back, or when it says more; or takes back what it said."""
    return ErtChanged(
        mrid=MRID,
        changed_at=at(clock),
        ert=at(ert) if ert is not None else None,
        next_update_at=at(more_at) if more_at is not None else None,
    )


def fault(*facts: Any, ert: str | None = "12:00") -> Outage:
    """A fault since 9:12 of which a crew has seen to everything but power."""
    outage = Outage()
    outage.hears_all(started(ert=at(ert) if ert else None), crew("9:30"), *facts)
    return outage


def standing(outage: Outage, rule: str = SAID) -> dict[datetime, tuple[str, str | None]]:
    """By what was promised to be then: how its last promise stands, and why."""
    return {
        one.due_at: (one.standing, one.reason) for one in outage.state.promises.values() if one.rule.rule_id == rule
    }


def test_an_announced_time_is_a_promise_until_a_little_after_it() -> None:
    outage = fault()
    (made,) = [one for one in outage.events("promise.made") if one.rule.rule_id == SAID]
    assert made.promise_id == f"{MRID}/{SAID}/20260305040000"
    assert (made.measured_from, made.due_at, made.at_risk_at) == (at("9:12"), at("12:15"), at("11:30"))
    assert made.obligation == "expected-time"


CASES: list[tuple[str, list[Any], dict[str, tuple[str, str | None]]]] = [
    ("power is back before", [restored("11:40")], {"12:15": ("kept", "done-in-time")}),
    ("power is back about then", [restored("12:15")], {"12:15": ("kept", "done-in-time")}),
    ("power is back later", [restored("12:16")], {"12:15": ("broken", "done-late")}),
    ("part of it is back", [part("11:40", "up-1")], {"12:15": ("open", None)}),
    (
        "another time is said before",
        [says("11:00", "13:00")],
        {"12:15": ("voided", "ert-moved"), "13:15": ("open", None)},
    ),
    ("it is taken back before", [says("11:00")], {"12:15": ("voided", "ert-withdrawn")}),
    (
        "another time is said once it has passed",
        [says("12:05", "13:00"), restored("12:50")],
        {"12:15": ("broken", "done-late"), "13:15": ("kept", "done-in-time")},
    ),
    ("the same time is said again", [says("11:00", "12:00"), restored("11:40")], {"12:15": ("kept", "done-in-time")}),
    ("power goes off again before it", [restored("10:00"), reopened("11:00")], {"12:15": ("voided", "ert-withdrawn")}),
    (
        "power goes off again after it",
        [restored("11:40"), reopened("14:00", ert=at("16:00"))],
        {"12:15": ("kept", "done-in-time"), "16:15": ("open", None)},
    ),
    ("there was no outage", [withdrawn("10:00")], {"12:15": ("voided", "withdrawn")}),
    (
        "what is said of a time gone by",
        [restored("12:10"), says("12:05", "11:00")],
        {"12:15": ("kept", "done-in-time")},
    ),
    (
        "what is said once power is back",
        [restored("11:00"), says("11:30", "13:00")],
        {"12:15": ("kept", "done-in-time")},
    ),
]


@pytest.mark.parametrize(("facts", "stand"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_how_an_announced_time_stands(facts: list[Any], stand: dict[str, Any]) -> None:
    assert standing(fault(*facts)) == {at(clock): how for clock, how in stand.items()}


@pytest.mark.parametrize("work", ["planned", "temporary", "curtailment"])
def test_work_that_overruns_breaks_the_end_of_its_notice_and_no_second_word(work: str) -> None:
    outage = Outage()
    outage.hears_all(started(ert=at("12:00"), outage_class=work), says("11:00", "13:00"), restored("14:00"))
    assert not standing(outage), "the planner has promised the noticed end"
    assert POLICY.select("done-by-noticed-end", outage_class=work)


@pytest.mark.parametrize("cut", ["fault", "emergency"])
def test_a_time_that_is_said_of_what_nobody_arranged_is_a_promise(cut: str) -> None:
    outage = Outage()
    outage.hears_all(started(ert=at("12:00"), outage_class=cut))
    assert set(standing(outage)) == {at("12:15")}
    assert not POLICY.select("done-by-noticed-end", outage_class=cut)


def test_a_fault_that_was_work_after_all_has_not_promised_its_time() -> None:
    work = OutageReclassified(mrid=MRID, reclassified_at=at("13:00"), outage_class="planned")
    outage = fault(restored("12:30"), work)
    assert standing(outage) == {at("12:15"): ("voided", "no-longer-applies")}


NEXT_CASES: list[tuple[str, list[Any], str]] = [
    ("a time is said by then", [says("10:10", "13:00")], "kept"),
    ("when more is said is said by then", [says("10:10", more_at="11:00")], "kept"),
    ("the same is said again", [says("10:10", more_at="10:15")], "open"),
    ("something is said too late", [says("10:16", "13:00")], "broken"),
    ("power is back by then", [restored("10:14")], "kept"),
    ("power is back too late", [restored("10:20")], "broken"),
    ("there was no outage", [withdrawn("10:00")], "voided"),
]


@pytest.mark.parametrize(("facts", "stands"), [case[1:] for case in NEXT_CASES], ids=[case[0] for case in NEXT_CASES])
def test_the_next_word_comes_as_it_was_said(facts: list[Any], stands: str) -> None:
    outage = fault(says("9:40", more_at="10:15"), *facts, ert=None)
    assert standing(outage, NEXT)[at("10:15")][0] == stands


@pytest.mark.parametrize("more_at", ["9:00", "9:30", "9:40"])
def test_a_next_word_that_was_past_when_it_was_named_is_no_promise(more_at: str) -> None:
    outage = fault(says("9:40", more_at=more_at), ert=None)
    assert not standing(outage, NEXT), "nobody mistyped himself into a broken promise, nor into one that is kept"
    outage.hears(says("10:00", "13:00"))
    assert not standing(outage, NEXT)


def test_a_time_that_came_without_power_is_broken_by_its_timer_and_warned_of() -> None:
    outage = fault()
    outage.moves_to(at("11:30"))
    assert [risk.rule.rule_id for risk in outage.events("promise.at-risk")] == [SAID]
    outage.moves_to(at("12:15"))
    assert standing(outage) == {at("12:15"): ("broken", "deadline-passed")}


def test_a_word_that_came_late_and_was_overtaken_is_not_made_a_promise() -> None:
    outage = fault(says("10:30", "14:00"), says("10:00", "13:00"))
    assert set(standing(outage)) == {at("12:15"), at("14:15")}


def test_a_late_word_that_had_replaced_a_time_corrects_its_verdict() -> None:
    outage = fault()
    outage.moves_to(at("12:15"))
    outage.hears(says("11:00", "13:00"))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.reason) == ("broken", "voided", "ert-moved")


def test_who_said_so_is_the_evidence() -> None:
    outage = fault(says("11:00", "13:00"))
    (voided,) = [one for one in outage.events("promise.voided") if one.rule.rule_id == SAID]
    assert len(voided.evidence) == 2


def test_what_a_reporter_was_told_is_said_too() -> None:
    outage = fault(reported("9:20", ert=at("11:00"), territory="rural"), ert=None)
    assert set(standing(outage)) == {at("11:15")}


def test_times_that_moved_are_told_in_the_history_of_words_and_not_among_promises() -> None:
    outage = fault(says("11:00", "13:00"))
    assert [one["dueAt"] for one in outage.view["promises"] if one["ruleId"] == SAID] == ["2026-03-05T05:15:00Z"]
    assert len(outage.view["ertHistory"]) == 2


def test_a_time_said_long_ago_keeps_its_verdict_however_many_follow() -> None:
    outage = fault()
    outage.hears_all(*(says(f"10:{minute:02}", f"{14 + minute // 60}:{minute:02}") for minute in range(LOOKED_AT + 5)))
    outage.hears(says("11:59", "23:00"))
    assert standing(outage)[at("12:15")] == ("voided", "ert-moved")
    assert sum(how == "open" for how, _ in standing(outage).values()) == 1


WORDS = [
    started(ert=at("11:00")),
    reported("9:20", ert=at("11:00")),
    says("9:40", "12:00"),
    says("10:00", more_at="10:30"),
    says("10:40", "12:00"),
    restored("11:30"),
    reopened("13:00"),
    says("13:10", "15:00"),
    restored("15:30"),
]


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(WORDS), again=st.lists(st.sampled_from(WORDS), max_size=3))
def test_in_any_order_however_often_the_same_promises_stand(order: list[Any], again: list[Any]) -> None:
    def stand(facts: list[Any]) -> dict[tuple[str, int], str]:
        outage = Outage()
        outage.hears_all(*facts)
        last = {(one.rule.rule_id, episode_of(one.promise_id)): one.standing for one in outage.state.promises.values()}
        restore = RestorerOutage(POLICY, CALENDAR).restore(f"outage/{MRID}", outage.decider.dump(outage.state))
        assert restore == outage.state == outage.replay()
        return {slot: how for slot, how in last.items() if slot[0] in {SAID, NEXT} and how != "voided"}

    assert stand([*order, *again]) == stand(WORDS)
    assert stand(WORDS) == {
        (NEXT, episode_named(at("10:30"))): "broken",
        (SAID, episode_named(at("12:00"))): "kept",
        (SAID, episode_named(at("15:00"))): "broken",
    }
