"""Dispatch is asked for the word that is missing: once for each silence, and whatever is newer ends the question."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from schemas.contracts import dispatch
from services.restorer.domain.doubting import SAY_CLEARED, SAY_SINCE_WHEN
from services.restorer.domain.events import FACT_ANSWERED, FactAnswered
from tests.kits.deciders.restorer import (
    MRID,
    POLICY,
    Outage,
    at,
    cleared,
    crew,
    perhaps_back,
    reported,
    restored,
    started,
    withdrawn,
)

ASKING = POLICY.settings.asking
SILENT, UNCLEARED = "unheard", "uncleared"
NOT_BACK, NOT_CLEARED = "not-said-to-be-back", "crew-done-cause-not-cleared"
SECOND = timedelta(seconds=1)


def told(*facts: dispatch.Fact) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)
    return outage


def ert(clock: str, until: str, day: int = 5) -> dispatch.ErtChanged:
    return dispatch.ErtChanged(mrid=MRID, changed_at=at(clock), ert=at(until, day))


def asked(outage: Outage, reason: str) -> list[Any]:
    return [one for one in outage.events("fact.questioned") if one.reason == reason]


def answers(outage: Outage, question: Any, *, accept: bool) -> str:
    said = FactAnswered(mrid=MRID, question_id=question.question_id, accept=accept, by="chen", reason="asked them")
    return outage._take(FACT_ANSWERED, said, question.asked_at).reason


def test_an_outage_of_which_nothing_more_is_heard_is_asked_about_once_after_the_policys_time() -> None:
    outage = told(reported(), started(), crew("9:40"))
    assert outage.timers[SILENT] == at("9:40") + ASKING.still_off_after
    outage.moves_to(at("9:40", 6) - SECOND, only=SILENT)
    assert not asked(outage, NOT_BACK)
    assert outage.moves_to(at("9:40", 6), only=SILENT) == [NOT_BACK]
    (question,) = asked(outage, NOT_BACK)
    assert (question.fact_type, question.given, question.held) == ("supply.restored.v1", at("9:40"), "field")
    assert "supply.restored" in question.settled_by
    assert SILENT not in outage.timers
    assert NOT_BACK in [one["reason"] for one in outage.view["questions"]]


def test_an_expected_time_to_come_is_no_silence() -> None:
    outage = told(reported(), started(), ert("9:45", "18:00", 7))
    assert outage.timers[SILENT] == at("18:00", 7) + ASKING.still_off_after


def test_whatever_is_newer_ends_the_question_and_begins_another_silence() -> None:
    for newer in (restored("9:50", 6), withdrawn("9:50", 6), crew("23:00")):
        outage = told(reported(), started())
        outage.moves_to(at("9:20", 6), only=SILENT)
        (question,) = asked(outage, NOT_BACK)
        outage.hears(newer)
        (ended,) = [one for one in outage.events("fact.accepted") if one.question_id == question.question_id]
        assert ended.reason == "explained-since"
        assert NOT_BACK not in [one["reason"] for one in outage.view["questions"]]
        assert (SILENT in outage.timers) == isinstance(newer, dispatch.CrewStatus)


def test_a_late_fact_from_before_ends_no_question_and_asks_none_anew() -> None:
    outage = told(reported(), started(), crew("9:40"))
    outage.moves_to(at("9:40", 6), only=SILENT)
    outage.hears(crew("9:30", "enroute"))
    assert NOT_BACK in [one["reason"] for one in outage.view["questions"]]
    assert SILENT not in outage.timers


def test_who_says_that_it_is_off_still_is_asked_again_after_as_long() -> None:
    outage = told(reported(), started())
    outage.moves_to(at("9:20", 6), only=SILENT)
    (question,) = asked(outage, NOT_BACK)
    assert answers(outage, question, accept=True) == SAY_SINCE_WHEN, "that it is back needs the time"
    assert answers(outage, question, accept=False) == "fact-refused"
    assert outage.timers[SILENT] == question.asked_at + ASKING.still_off_after


def test_what_its_list_lacks_is_asked_about_once_and_not_for_its_silence_too() -> None:
    assert SILENT not in told(reported(), started(), perhaps_back("9:45")).timers


def test_a_crew_that_is_done_and_no_word_that_the_cause_is_cleared() -> None:
    outage = told(reported(), started(), crew("9:40"), crew("11:00", "fieldComplete"))
    assert outage.timers[UNCLEARED] == at("11:00") + ASKING.cleared_after
    assert outage.moves_to(at("12:00"), only=UNCLEARED) == [NOT_CLEARED]
    (question,) = asked(outage, NOT_CLEARED)
    assert (question.fact_type, question.field, question.given) == ("cause.cleared.v1", "clearedAt", at("11:00"))
    assert answers(outage, question, accept=True) == SAY_CLEARED
    assert answers(outage, question, accept=False) == "fact-refused"
    assert UNCLEARED not in outage.timers, "once is enough: it is not cleared"


@pytest.mark.parametrize("answer", [cleared("11:30"), restored("11:30"), crew("11:30", "enroute")])
def test_what_answers_the_crews_silence_ends_the_question(answer: dispatch.Fact) -> None:
    outage = told(reported(), started(), crew("11:00", "fieldComplete"))
    outage.moves_to(at("12:00"), only=UNCLEARED)
    outage.hears(answer)
    assert NOT_CLEARED not in [one["reason"] for one in outage.view["questions"]]
    assert UNCLEARED not in outage.timers


def test_nobody_is_asked_where_the_cause_is_cleared_or_power_is_back_or_it_is_our_own_work() -> None:
    done = crew("11:00", "fieldComplete")
    for facts in (
        (reported(), started(), done, cleared("10:50")),
        (reported(), started(), done, restored("11:05")),
        (started(outage_class="planned"), done),
    ):
        assert UNCLEARED not in told(*facts).timers


def test_dispatch_is_not_asked_about_a_fault_in_the_customers_own_installation() -> None:
    own = reported(fault_side="customer")
    assert SILENT not in told(own).timers
    outage = told(own, crew("9:40"), crew("11:00", "fieldComplete"))
    assert not {SILENT, UNCLEARED} & outage.timers.keys()
    outage.hears(reported("11:30", fault_side="utility"))
    assert SILENT in outage.timers, "somebody says that it is the utility's"


def test_what_turns_out_to_be_the_customers_own_ends_the_question() -> None:
    outage = told(reported(), started())
    outage.moves_to(at("9:20", 6), only=SILENT)
    outage.hears(dispatch.OutageCorrected(mrid=MRID, corrected_at=at("9:30", 6), fault_side="customer"))
    assert NOT_BACK not in [one["reason"] for one in outage.view["questions"]]
    assert SILENT not in outage.timers


def test_in_every_order_the_same_silence_is_asked_about() -> None:
    facts = (reported(), started(), crew("9:40"), ert("9:50", "10:30"), crew("11:00", "fieldComplete"))
    found = {
        tuple(sorted((n, d) for n, d in told(*order).timers.items() if n in (SILENT, UNCLEARED)))
        for order in permutations(facts)
    }
    assert len(found) == 1
