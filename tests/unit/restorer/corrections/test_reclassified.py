"""A fault was work in truth, or work a fault: from its start it is judged as that, and no verdict on the other thing stands."""

from __future__ import annotations

from itertools import permutations

import pytest

from schemas.contracts.base import Extent
from tests.kits.deciders.restorer import (
    CREW,
    FAULT_DONE,
    POINTS,
    Outage,
    at,
    cleared,
    corrected,
    crew,
    extent_changed,
    iso,
    points,
    reclassified,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)

MORE = points("up-1", "up-2", "up-3", "up-4")


def told(*facts: object) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)  # type: ignore[arg-type]
    return outage


def standings(outage: Outage, rule: str) -> list[str]:
    return [one.standing for one in outage.state.promises.values() if one.rule.rule_id == rule]


def reasons(outage: Outage, rule: str) -> list[str | None]:
    return [one.reason for one in outage.state.promises.values() if one.rule.rule_id == rule]


def test_of_a_fault_that_was_work_no_crew_is_owed() -> None:
    outage = told(started("9:12"), reported("9:20"))
    assert standings(outage, CREW) == ["open"]
    assert outage.hears(reclassified("9:40", "planned")).reason == "reclassified"
    assert standings(outage, CREW) == ["voided"]
    assert reasons(outage, CREW) == ["reclassified"]
    assert outage.view["outageClass"] == "planned"
    assert outage.view["wasClass"] == "fault"


def test_a_verdict_on_a_fault_that_was_none_is_corrected_and_never_to_kept() -> None:
    outage = told(started("9:12"), reported("9:20"), crew("10:40"))
    assert standings(outage, CREW) == ["broken"]
    outage.hears(reclassified("10:50", "temporary"))
    assert standings(outage, CREW) == ["voided"]
    (word,) = outage.events("promise.corrected")
    assert (word.was, word.now, word.reason) == ("broken", "voided", "reclassified")
    assert word.evidence, "it names the fact that it rests on"


def test_a_verdict_in_our_favour_does_not_stand_either() -> None:
    outage = told(started("9:12"), reported("9:20"), crew("9:50"), reclassified("10:50", "planned"))
    assert standings(outage, CREW) == ["voided"]


def test_work_that_was_a_fault_owes_a_crew_from_its_start() -> None:
    outage = told(started("9:00", outage_class="planned"))
    assert standings(outage, CREW) == []
    outage.hears(reclassified("9:20", "fault"))
    (promise,) = [one for one in outage.state.promises.values() if one.rule.rule_id == CREW]
    assert (promise.measured_from, promise.due_at) == (at("9:00"), at("9:45"))
    outage.hears(crew("9:44"))
    assert standings(outage, CREW) == ["kept"]


def test_a_crew_that_was_there_late_is_late_as_measured() -> None:
    outage = told(started("9:00", outage_class="planned"), crew("9:50"), reclassified("10:20", "fault"))
    assert standings(outage, CREW) == ["broken"]


def test_in_the_country_it_is_to_be_done_within_a_day_of_its_start() -> None:
    outage = told(started("9:00", outage_class="temporary"), reclassified("9:20", "fault", territory="rural"))
    assert standings(outage, CREW) == []
    (promise,) = [one for one in outage.state.promises.values() if one.rule.rule_id == FAULT_DONE]
    assert (promise.measured_from, promise.due_at) == (at("9:00"), at("9:00", 6))


def test_who_called_earlier_counts_where_somebody_did() -> None:
    outage = told(started("9:00", outage_class="planned"), reported("8:55"), reclassified("9:20", "fault"))
    (promise,) = [one for one in outage.state.promises.values() if one.rule.rule_id == CREW]
    assert promise.measured_from == at("8:55")


def test_there_and_back_again_it_is_judged_as_if_nobody_had_said_anything_else() -> None:
    outage = told(started("9:12"), reported("9:20"), crew("10:40"), reclassified("10:50", "planned"))
    outage.hears(reclassified("11:00", "fault"))
    assert standings(outage, CREW) == ["voided", "broken"], "what was broken is broken again"
    assert outage.view["outageClass"] == "fault"
    late = outage.hears(reclassified("10:55", "planned"))
    assert late.reason == "class-known", "an older word moves nothing"
    assert outage.view["outageClass"] == "fault"


def test_work_called_a_fault_and_work_again_owes_nobody_a_crew() -> None:
    outage = told(
        started("9:00", outage_class="planned"), reclassified("9:20", "fault"), reclassified("9:30", "planned")
    )
    assert standings(outage, CREW) == ["voided"]


def test_to_the_same_kind_is_noted_and_moves_nothing() -> None:
    outage = told(started("9:12"), reported("9:20"))
    assert outage.hears(reclassified("9:40", "fault")).reason == "class-known"
    assert standings(outage, CREW) == ["open"]


def test_one_that_comes_before_the_outage_waits_for_it() -> None:
    outage = Outage()
    assert outage.hears(reclassified("9:40", "planned")).reason == "held-until-known"
    assert not outage.events("outage.classified")
    outage.hears(started("9:12"))
    assert outage.view["outageClass"] == "planned"
    (word,) = outage.events("outage.classified")
    assert (word.outage_class, word.was, word.started_at, word.extent) == ("planned", "fault", at("9:12"), POINTS)


def test_the_planner_hears_when_it_began_once_and_again_only_when_that_moves() -> None:
    outage = told(
        started("9:12"),
        reclassified("9:40", "planned", plan_mrid="PW-1"),
        reclassified("9:45", "planned", plan_mrid="PW-1"),
    )
    assert [word.plan_mrid for word in outage.events("outage.classified")] == ["PW-1"]
    outage.hears(corrected("9:50", "8:50"))
    assert [word.started_at for word in outage.events("outage.classified")] == [at("9:12"), at("8:50")]


def test_after_power_is_back_accounts_follow_and_the_restoration_stands() -> None:
    outage = told(started("9:12"), reported("9:20"), crew("10:40"), restored("11:00"))
    outage.hears(reclassified("13:00", "planned"))
    assert outage.status == "restored"
    assert len(outage.events("restoration.confirmed")) == 1
    assert standings(outage, CREW) == ["voided"]
    (word,) = outage.events("outage.classified")
    assert word.restored_at == at("11:00")


def test_power_that_goes_off_again_later_goes_off_by_a_fault_as_well() -> None:
    outage = told(
        started("9:00", outage_class="planned"),
        reclassified("9:20", "fault"),
        crew("9:30"),
        restored("11:00"),
        reopened("13:00"),
    )
    assert standings(outage, CREW) == ["kept", "open"]


def test_of_an_outage_that_was_withdrawn_nothing_is_classified() -> None:
    outage = told(started("9:12"), withdrawn("9:30"))
    assert outage.hears(reclassified("9:40", "planned")).reason == "outage-withdrawn"
    assert not outage.events("outage.classified")


def test_what_follows_from_the_cause_being_cleared_is_promised_whatever_it_is() -> None:
    outage = told(started("9:12"), cleared("10:00"), reclassified("10:10", "planned"))
    assert standings(outage, "cn.restore.one-working-day") == ["open"]


FACTS = (
    started("9:00", outage_class="planned"),
    reported("9:10"),
    crew("9:40"),
    reclassified("9:20", "fault"),
    reclassified("9:30", "temporary"),
    reclassified("9:50", "fault"),
)


@pytest.mark.parametrize("order", list(permutations(range(len(FACTS))))[::7])
def test_in_any_order_it_ends_as_what_the_last_word_says(order: tuple[int, ...]) -> None:
    outage = told(*(FACTS[index] for index in order))
    assert outage.view["outageClass"] == "fault"
    assert standings(outage, CREW)[-1] == "kept", "40 minutes after its start"
    assert outage.events("outage.classified")[-1].outage_class == "fault"
    assert outage.view["reclassifiedAt"] == iso(at("9:50"))


def test_where_it_is_is_told_as_far_as_it_is_known() -> None:
    outage = told(started("9:12", extent=Extent()), reclassified("9:40", "planned"))
    (word,) = outage.events("outage.classified")
    assert word.extent == Extent()


def test_where_it_is_by_then_is_said_again_for_whoever_passed_it_over_as_a_fault() -> None:
    outage = told(started("9:12"), reclassified("9:40", "planned"))
    outage.hears(extent_changed("9:50", MORE))
    outage.hears(crew("9:55"))
    first, again = outage.events("outage.classified")
    assert (first.extent_since, again.extent_since) == (None, at("9:50"))
    assert again.extent == MORE
    assert (first.outage_class, first.started_at) == (again.outage_class, again.started_at)


def test_an_extent_that_was_known_is_said_once_and_of_a_fault_nothing_is() -> None:
    outage = told(started("9:12"), extent_changed("9:20", MORE))
    assert outage.events("outage.classified") == []
    outage.hears(reclassified("9:40", "planned"))
    outage.hears(crew("9:55"))
    (word,) = outage.events("outage.classified")
    assert (word.extent, word.extent_since) == (MORE, at("9:20"))
