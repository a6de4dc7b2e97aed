"""Rules that come later, by an upgrade or a policy: what can still be kept is promised, what is past is not called broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.contracts import dispatch
from schemas.contracts.promises import PromiseMade
from services.kernel.model import REVIEW, Decision, Message, Review
from services.restorer.domain.decider import RestorerOutage
from tests.kits.deciders.restorer import (
    CALENDAR,
    CREW_UNREPORTED,
    MRID,
    POLICY,
    TYPE_OF_FACT,
    Outage,
    at,
    crew,
    extent_changed,
    points,
    started,
)

BEFORE = replace(POLICY, rules={name: rule for name, rule in POLICY.rules.items() if name != CREW_UNREPORTED})


def under_the_rules_before(*facts: dispatch.Fact) -> Outage:
    outage = Outage()
    outage.decider = RestorerOutage(BEFORE, CALENDAR)
    outage.hears_all(*facts)
    return outage


def by_todays(outage: Outage, kind: str, data: Any, now: datetime) -> Decision:
    return RestorerOutage(POLICY, CALENDAR).decide(
        outage.state, None, Message("test", "next", kind, now, data, MRID, 0, recorded_at=now), now
    )


def made(decision: Decision) -> set[str]:
    return {said.data.rule.rule_id for said in decision.events if isinstance(said.data, PromiseMade)}


def hears(outage: Outage, fact: dispatch.Fact, now: datetime) -> Decision:
    return by_todays(outage, TYPE_OF_FACT[type(fact)], fact, now)


def test_what_is_past_is_not_called_broken_at_the_next_fact() -> None:
    outage = under_the_rules_before(started("9:12"))
    decision = hears(outage, extent_changed("12:00", points("up-1")), at("12:00"))
    assert made(decision) == set()
    assert [said.type for said in decision.events] == ["extent.changed.v1"]


def test_what_can_still_be_kept_is_promised() -> None:
    outage = under_the_rules_before(started("9:12"))
    assert made(hears(outage, extent_changed("9:30", points("up-1")), at("9:30"))) == {CREW_UNREPORTED}
    assert made(by_todays(outage, REVIEW, Review(why="upgrade"), at("9:30"))) == {CREW_UNREPORTED}


def test_a_review_after_the_upgrade_breaks_nothing_either() -> None:
    outage = under_the_rules_before(started("9:12"))
    assert by_todays(outage, REVIEW, Review(why="upgrade"), at("12:00")).events == []


def test_a_fact_that_itself_asks_for_a_promise_has_it_made_however_late_it_comes() -> None:
    decision = hears(Outage(), started("9:12"), at("12:00"))
    assert made(decision) == {CREW_UNREPORTED}


def test_what_was_never_promised_is_not_said_to_have_been_kept() -> None:
    outage = under_the_rules_before(started("9:12"))
    assert {said.type for said in hears(outage, crew("9:40"), at("12:00")).events} == {"crew.status.v1"}
