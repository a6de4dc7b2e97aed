"""Promises: what is promised from when, and how it is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.kits.deciders.restorer import (
    CREW,
    CREW_UNREPORTED,
    DAY_2024,
    FAULT_DONE,
    MRID,
    POLICY,
    WORKING_DAY,
    Outage,
    at,
    cleared,
    crew,
    extent_changed,
    iso,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
)


def fault() -> Outage:
    """A rural fault, reported at 9:20 on Thursday the 5th: no crew promise in the way."""
    outage = Outage()
    outage.hears_all(reported(territory="rural"), started())
    return outage


def test_a_fault_is_done_within_a_day_of_the_first_report() -> None:
    outage = fault()
    (made,) = outage.events("promise.made")
    assert made.promise_id == f"{MRID}/{FAULT_DONE}/1"
    assert (made.measured_from, made.due_at) == (at("9:20"), at("9:20", 6))
    assert made.at_risk_at < made.due_at
    assert made.rule.rule_id == FAULT_DONE
    assert made.rule.policy_version == POLICY.version


def test_without_a_report_no_day_begins_to_run() -> None:
    outage = Outage()
    outage.hears(started())
    assert outage.standings().keys() == {(CREW_UNREPORTED, "1")}, "only what dispatch knew by itself"


def test_a_promise_is_called_at_risk_once_and_broken_at_its_deadline() -> None:
    outage = fault()
    due = outage.promise(FAULT_DONE)
    outage.moves_to(at("9:19", 6))
    assert outage.promise(FAULT_DONE)["state"] == "atRisk"
    assert set(outage.timers) == {f"promise/{due['promiseId']}/due", "unheard"}
    outage.moves_to(at("9:20", 6))
    (broken,) = outage.events("promise.broken")
    assert (broken.at, broken.reason, broken.unproven) == (at("9:20", 6), "deadline-passed", False)
    assert len(outage.events("promise.at-risk")) == 1
    assert not [name for name in outage.timers if name.startswith("promise/")]


def test_a_verdict_given_while_facts_were_waiting_says_so() -> None:
    outage = fault()
    outage.moves_to(at("12:00", 6), unproven=True)
    (broken,) = outage.events("promise.broken")
    assert broken.unproven is True
    assert outage.promise(FAULT_DONE)["unproven"] is True


def test_the_deadline_counts_and_not_the_moment_the_timer_ran() -> None:
    outage = fault()
    outage.moves_to(at("20:00", 9))
    (broken,) = outage.events("promise.broken")
    assert broken.at == at("9:20", 6)


KEPT_OR_BROKEN = [
    ("a minute before", restored("9:19", 6), "kept", at("9:19", 6)),
    ("at the very deadline", restored("9:20", 6), "kept", at("9:20", 6)),
    ("a minute late", restored("9:21", 6), "broken", at("9:21", 6)),
]


@pytest.mark.parametrize(
    ("fact", "state", "moment"), [r[1:] for r in KEPT_OR_BROKEN], ids=[r[0] for r in KEPT_OR_BROKEN]
)
def test_power_back_by_the_deadline_keeps_the_promise(fact: Any, state: str, moment: Any) -> None:
    outage = fault()
    outage.hears(fact)
    assert outage.promise(FAULT_DONE)["state"] == state
    (verdict,) = outage.events(f"promise.{state}")
    assert verdict.at == moment
    assert verdict.evidence, "a verdict names the facts it rests on"


def test_late_news_of_power_back_in_time_corrects_the_verdict() -> None:
    outage = fault()
    outage.moves_to(at("9:30", 6))
    outage.hears(restored("8:00", 6), now=at("10:00", 6))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.at) == ("broken", "kept", at("10:00", 6))
    assert len(outage.events("promise.broken")) == 1, "the first verdict is not edited"


def test_late_news_of_power_back_too_late_changes_no_verdict() -> None:
    outage = fault()
    outage.moves_to(at("9:30", 6))
    outage.hears(restored("9:25", 6))
    assert outage.events("promise.corrected") == []
    assert outage.promise(FAULT_DONE)["state"] == "broken"


def test_an_earlier_first_report_moves_the_deadline_and_shows_it() -> None:
    outage = fault()
    outage.hears(reported("8:00", territory="rural"))
    (voided,) = outage.events("promise.voided")
    assert (voided.promise_id, voided.reason) == (f"{MRID}/{FAULT_DONE}/1", "deadline-recomputed")
    anew = outage.promise(FAULT_DONE, "1.2")
    assert (anew["measuredFrom"], anew["dueAt"]) == (iso(at("8:00")), iso(at("8:00", 6)))


def test_an_earlier_first_report_can_break_a_promise_already_kept() -> None:
    outage = fault()
    outage.hears(restored("9:00", 6))
    outage.hears(reported("8:00", territory="rural"))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.reason) == ("kept", "voided", "deadline-recomputed")
    assert outage.promise(FAULT_DONE, "1.2")["state"] == "broken"


def test_a_report_after_power_was_back_starts_the_clock_of_the_next_episode() -> None:
    outage = Outage()
    outage.hears_all(started(), restored("11:00"), reported("11:20", territory="rural"))
    assert outage.standings().keys() == {(CREW_UNREPORTED, "1")}, "what was reported is not the fault that is done"
    outage.hears(reopened("11:40"))
    assert {slot for slot in outage.standings() if slot[0] == FAULT_DONE} == {(FAULT_DONE, "2")}
    assert outage.promise(FAULT_DONE, "2")["dueAt"] == iso(at("11:20", 6))


def test_a_later_report_moves_nothing() -> None:
    outage = fault()
    outage.hears(reported("10:00", territory="rural"))
    assert len(outage.events("promise.made")) == 1


def test_supply_returns_within_a_working_day_and_beside_it_within_24_hours() -> None:
    outage = Outage()
    outage.hears_all(started(), cleared("15:00", 6))  # a Friday; Monday the 9th is the next working day
    working_day, day = outage.promise(WORKING_DAY), outage.promise(DAY_2024)
    assert working_day["dueAt"] == iso(at("15:00", 9))
    assert day["dueAt"] == iso(at("15:00", 7))
    assert (working_day["verified"], day["verified"]) == (True, False)


def test_the_strictest_of_parallel_rules_drives_the_warning() -> None:
    outage = Outage()
    outage.hears_all(started(), crew("9:30"), cleared("15:00", 6))
    assert outage.promise(WORKING_DAY)["atRiskAt"] == outage.promise(DAY_2024)["atRiskAt"]
    outage.moves_to(at("14:59", 7))
    risks = {risk.rule.rule_id: risk.reason for risk in outage.events("promise.at-risk")}
    assert risks == {DAY_2024: "deadline-near", WORKING_DAY: "stricter-rule-near"}
    outage.moves_to(at("15:00", 7))
    assert outage.standings()[(DAY_2024, "1")] == "broken"
    assert outage.standings()[(WORKING_DAY, "1")] == "atRisk"


def test_planned_work_that_overruns_owes_supply_a_working_day_after_it_is_done() -> None:
    outage = Outage()
    outage.hears_all(started(outage_class="planned"), cleared("15:00"))
    assert (WORKING_DAY, "1") in outage.standings()


def test_a_cause_cleared_earlier_than_known_moves_the_deadline() -> None:
    outage = Outage()
    outage.hears_all(started(), cleared("15:00"), cleared("14:00"))
    assert outage.promise(WORKING_DAY)["reason"] == "deadline-recomputed"
    assert outage.promise(WORKING_DAY, "1.2")["dueAt"] == iso(at("14:00", 6))


def test_a_cause_cleared_told_after_power_is_back_is_judged_at_once() -> None:
    outage = Outage()
    outage.hears_all(started(outage_class="emergency"), restored("18:00", 6), cleared("15:00", 5))
    assert outage.standings() == {(WORKING_DAY, "1"): "broken", (DAY_2024, "1"): "broken"}


CREW_CASES = [
    ("there in time", (crew("10:05"),), "kept"),
    ("a minute late", (crew("10:06"),), "broken"),
    ("only ever said to have finished", (crew("9:50", "fieldComplete"),), "kept"),
    ("assigned is not there", (crew("9:50", "assigned"),), "open"),
    ("power back before any crew", (restored("10:00"),), "voided"),
    ("power back, but after the crew was due", (restored("10:30"),), "open"),
]


@pytest.mark.parametrize(("facts", "state"), [r[1:] for r in CREW_CASES], ids=[r[0] for r in CREW_CASES])
def test_an_urban_crew_is_there_within_45_minutes_of_the_report(facts: Any, state: str) -> None:
    outage = Outage()
    outage.hears_all(reported(territory="urban"), started(), *facts)
    assert outage.promise(CREW)["dueAt"] == iso(at("10:05"))
    assert outage.promise(CREW)["state"] == state


def test_a_rural_crew_is_not_promised_45_minutes() -> None:
    assert (CREW, "1") not in fault().standings()


def test_a_meter_fault_has_two_working_days() -> None:
    outage = Outage()
    outage.hears(reported(meter_fault=True, territory="rural"))
    (meter,) = [p for p in outage.view["promises"] if "meter" in p["ruleId"]]
    assert meter["dueAt"] == iso(at("9:20", 9))  # Thursday, Friday, Monday


def test_a_fault_inside_the_customers_own_installation_voids_every_promise() -> None:
    outage = Outage()
    outage.hears_all(reported("9:20", report_id="r-1"), reported("9:20", report_id="r-1", fault_side="customer"))
    assert set(outage.standings().values()) == {"voided"}
    assert {v.reason for v in outage.events("promise.voided")} == {"customer-side-fault"}


def test_a_word_that_the_fault_is_ours_brings_the_promise_back() -> None:
    outage = Outage()
    outage.hears_all(reported(territory="rural", fault_side="customer"), reported("9:30", fault_side="utility"))
    assert outage.promise(FAULT_DONE)["state"] == "voided"
    assert outage.promise(FAULT_DONE, "1.2")["dueAt"] == iso(at("9:20", 6))


def test_extraordinary_damage_voids_the_day_only_with_its_reason() -> None:
    outage = fault()
    outage.hears(reported("9:40", ordinary=False))
    assert outage.promise(FAULT_DONE)["state"] == "open"
    assert "extraordinary-without-reason" in outage.view["warnings"]
    outage.hears(reported("9:50", ordinary=False, extraordinary_reason="台风,杆塔倒塌12基"))
    (voided,) = outage.events("promise.voided")
    assert (voided.reason, len(voided.evidence)) == ("extraordinary-fault", 2)
    assert outage.view["warnings"] == []


def test_a_report_of_planned_work_promises_no_fault_repair() -> None:
    outage = Outage()
    outage.hears(reported(territory="rural"))
    outage.hears(started(outage_class="planned"))
    (voided,) = outage.events("promise.voided")
    assert voided.reason == "no-longer-applies"


def test_power_off_again_soon_overturns_the_promise_it_kept_and_the_clock_runs_on() -> None:
    outage = fault()
    outage.hears_all(restored("11:00"), reopened("11:30"))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.reason) == ("kept", "voided", "reopened")
    assert outage.promise(FAULT_DONE, "2")["dueAt"] == iso(at("9:20", 6)), "from the first report still"
    outage.hears(restored("8:00", 6))
    assert outage.standings() == {(FAULT_DONE, "1"): "voided", (FAULT_DONE, "2"): "kept"}


def test_power_off_again_long_after_it_was_back_is_a_new_promise() -> None:
    outage = fault()
    outage.hears(restored("11:00"))
    outage.moves_to(at("12:00", 8))
    outage.hears(reopened("13:00", 8))
    assert outage.promise(FAULT_DONE)["state"] == "kept"
    assert outage.promise(FAULT_DONE, "2")["dueAt"] == iso(at("13:00", 9))


def test_a_broken_promise_stays_broken_and_the_next_episode_starts_its_own_clock() -> None:
    outage = fault()
    outage.hears_all(restored("10:00", 6), reopened("10:30", 6))
    assert outage.promise(FAULT_DONE)["state"] == "broken"
    assert outage.promise(FAULT_DONE, "2")["dueAt"] == iso(at("10:30", 7))


def test_a_kept_promise_whose_proof_falls_is_made_anew() -> None:
    outage = Outage()
    outage.hears_all(reported(territory="rural"), started(extent=points("up-1")), part("11:00", "up-1"))
    outage.hears(extent_changed("10:00", points("up-1", "up-2")))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.reason) == ("kept", "voided", "proof-overturned")
    assert outage.promise(FAULT_DONE, "1.2")["state"] == "open"


def test_a_verdict_under_an_older_policy_stands_when_the_policy_changes() -> None:
    outage = fault()
    outage.hears(restored("11:00"))
    newer = Outage(policy=replace(POLICY, version="next", rules={}))
    newer.state, newer.lives = outage.state, outage.lives
    newer.hears(crew("12:00"))
    assert newer.promise(FAULT_DONE)["state"] == "kept"
