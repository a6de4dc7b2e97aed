"""Work outside what the public was told breaks the promise to tell it, and each rule for the noticed end its own due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.contracts.base import Extent, Wire
from schemas.contracts.dispatch import ExtentChanged
from schemas.contracts.promises import Promise, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from services.kernel.model import Decision
from services.planner.domain.decider import PlannerOutage
from services.policy import Policy, load_policy, policy_path
from tests.kits.deciders.planner import CALENDAR, CITY, MRID, POLICY, SHORT, Stream, at, request, restored, started

PUBLIC, DONE = "cn.planned.public-notice", "cn.planned.done-by-noticed-end"
START, END = "2026-03-12 08:00", "2026-03-12 17:00"
WIDER = Extent(lines=(*CITY.lines, "10千伏城西线"), areas=CITY.areas)


def words(decision: Decision, kind: type[Promise]) -> list[Promise]:
    return [event.data for event in decision.events if isinstance(event.data, kind)]


def grown(when: str) -> ExtentChanged:
    return ExtentChanged(mrid=MRID, changed_at=at(when), extent=WIDER)


@pytest.mark.parametrize(
    ("sentence", "facts", "reason"),
    [
        ("begun a quarter of an hour early", [started("2026-03-12 07:45")], "started-early"),
        ("wider than noticed", [started(), grown("2026-03-12 09:00")], "wider-than-noticed"),
        ("early, and wider before its start was known", [grown("2026-03-12 07:50"), started("2026-03-12 07:45")], None),
    ],
)
def test_work_outside_its_notice_breaks_the_promise_to_the_public_that_was_kept(
    sentence: str, facts: list[Wire], reason: str | None
) -> None:
    stream = Stream().hears_all([request()])
    corrected = []
    for fact in facts:
        corrected += words(stream.hears(fact, at("2026-03-12 09:00")), PromiseCorrected)
    assert [(c.rule.rule_id, c.was, c.now) for c in corrected] == [(PUBLIC, "kept", "broken")], sentence
    assert corrected[0].reason == (reason or "started-early"), sentence
    assert len(corrected[0].evidence) == 1, "the fact it rests on"
    assert stream.state.promises.records[f"{MRID}/1/{PUBLIC}"].standing == "broken"


def test_work_without_notice_makes_and_breaks_the_promise_nobody_had_made() -> None:
    stream = Stream()
    decision = stream.hears(started(), at(START))
    (made,) = words(decision, PromiseMade)
    (broken,) = words(decision, PromiseBroken)
    assert made.promise_id == broken.promise_id == f"{MRID}/unnoticed/{PUBLIC}"
    assert (broken.reason, broken.at, broken.due_at) == (
        "started-without-notice",
        at(START),
        at("2026-03-05 00:00"),
    )


def test_a_notice_that_comes_after_its_work_began_changes_nothing_of_that() -> None:
    stream = Stream()
    stream.hears(started(), at(START))
    stream.hears(request(period=SHORT, safety_cut=True), at("2026-03-12 09:00"))
    assert stream.state.promises.records[f"{MRID}/unnoticed/{PUBLIC}"].standing == "broken"


def test_a_promise_broken_once_is_not_broken_again_by_another_breach() -> None:
    stream = Stream().hears_all([request()])
    stream.hears(started("2026-03-12 07:45"), at("2026-03-12 07:46"))
    assert not words(stream.hears(grown("2026-03-12 09:00"), at("2026-03-12 09:00")), PromiseCorrected)


def test_a_promise_excused_by_an_approver_is_not_excused_from_beginning_early() -> None:
    stream = Stream().hears_all([request()])
    # Narrowed: its clock is that of the notice before, and its own promise was voided for that.
    stream.hears(request(2, period=request().planned_period, extent=Extent(lines=CITY.lines, areas=CITY.areas)))
    name = f"{MRID}/{stream.state.version}/{PUBLIC}"
    before = stream.state.promises.records[name].standing
    (corrected,) = words(stream.hears(started("2026-03-12 07:45"), at("2026-03-12 07:46")), PromiseCorrected)
    assert (corrected.promise_id, corrected.was, corrected.now) == (name, before, "broken")


def done_rule(**changes: object) -> Policy:
    return replace(POLICY, rules={**POLICY.rules, DONE: replace(POLICY.rules[DONE], **changes)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "changes", "due"),
    [
        ("fifteen minutes are tolerated", {"tolerance": timedelta(minutes=15)}, "2026-03-12 17:15"),
        ("the rule itself gives an hour", {"amount": Decimal(1), "unit": "hours"}, "2026-03-12 18:00"),
    ],
)
def test_a_noticed_end_is_overrun_when_its_rule_says_so(sentence: str, changes: dict[str, object], due: str) -> None:
    stream = Stream(PlannerOutage(done_rule(**changes), CALENDAR))
    stream.hears(request())
    stream.hears(started(), at(START))
    assert stream.timers()["noticed-end"] == at(due), sentence
    decision = stream.fire("noticed-end")
    (broken,) = words(decision, PromiseBroken)
    assert (stream.said(decision), broken.at) == (["notice.breached"], at(due)), sentence
    assert stream.timers() == {}


def test_power_back_within_what_is_tolerated_keeps_the_promise() -> None:
    stream = Stream(PlannerOutage(done_rule(tolerance=timedelta(minutes=15)), CALENDAR))
    stream.hears(request())
    stream.hears(started(), at(START))
    (kept,) = words(stream.hears(restored("2026-03-12 17:10"), at("2026-03-12 17:11")), PromiseKept)
    assert kept.rule.rule_id == DONE
    assert stream.timers() == {}


def test_two_rules_for_the_noticed_end_are_judged_each_at_its_own_due_and_breached_at_the_strictest() -> None:
    lenient = replace(POLICY.rules[DONE], id="own.done-within-the-hour", amount=Decimal(1), unit="hours")
    policy = replace(POLICY, rules={**POLICY.rules, lenient.id: lenient})
    stream = Stream(PlannerOutage(policy, CALENDAR))
    stream.hears(request())
    stream.hears(started(), at(START))
    first = stream.fire("noticed-end")
    assert (stream.said(first), stream.promised(first)) == (["notice.breached"], [("promise.broken", DONE)])
    assert stream.timers()["noticed-end"] == at("2026-03-12 18:00")
    second = stream.fire("noticed-end")
    assert (stream.said(second), stream.promised(second)) == ([], [("promise.broken", lenient.id)])
    assert stream.timers() == {}


def test_what_a_rule_tolerates_is_tolerated_once() -> None:
    """The latest lawful time of telling has the tolerance in it; a notice later than that was late."""
    policy = load_policy(policy_path("it-arera"))
    rule = next(rule for rule in policy.rules.values() if rule.id == "it.temporary.24h-after-fault")
    assert rule.tolerance == timedelta(minutes=5)
    planner = PlannerOutage(policy, CALENDAR)
    late = at("2026-03-12 08:00") - timedelta(hours=24) + timedelta(minutes=7)
    stream = Stream(planner)
    decision = stream.hears(request(outage_class="temporary", safety_cut=True, requested_at=late), late)
    (broken,) = [word for word in words(decision, PromiseBroken) if word.rule.rule_id == rule.id]
    assert broken.due_at == at("2026-03-12 08:00") - timedelta(hours=24) + timedelta(minutes=5)
