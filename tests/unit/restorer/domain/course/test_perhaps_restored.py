"""A polled list lacks the outage: that proves nothing, and who must say whether power is back is asked in time."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from schemas.contracts import dispatch
from services.plausibility import question_about
from tests.kits.deciders.restorer import (
    CREW,
    MRID,
    POLICY,
    Outage,
    at,
    listed_again,
    perhaps_back,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)

LIMIT = POLICY.settings.telling.absence_limit
ASKED = "perhaps-restored-unanswered"


def told(*facts: dispatch.Fact) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)
    return outage


def test_it_moves_no_promise_and_no_status() -> None:
    plain, missed = told(reported(), started()), told(reported(), started())
    assert missed.hears(perhaps_back("9:45")).reason == "perhaps-restored"
    assert missed.status == "confirmed"
    assert missed.view["promises"] == plain.view["promises"]
    deadlines = [
        {name: due for name, due in one.timers.items() if name.startswith("promise/")} for one in (missed, plain)
    ]
    assert deadlines[0] == deadlines[1]
    assert missed.timers["absence"] == at("9:45") + LIMIT
    assert not missed.events("restoration.confirmed")


def test_deadlines_go_on_and_are_judged_as_ever() -> None:
    outage = told(reported(), started(), perhaps_back("9:45"))
    outage.moves_to(at("10:30"))
    assert outage.promise(CREW)["state"] == "broken", "no list keeps a crew away"


def test_unanswered_it_is_asked_once_and_the_question_stands_until_somebody_says() -> None:
    outage = told(reported(), started(), perhaps_back("9:45"))
    outage.moves_to(at("9:45") + LIMIT - timedelta(seconds=1), only="absence")
    assert not outage.events("fact.questioned")
    assert outage.moves_to(at("9:45") + LIMIT, only="absence") == [ASKED]
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.given, question.fact_type) == (ASKED, at("9:45"), "supply.perhaps-restored.v1")
    assert question.question_id == question_about(MRID, at("9:45"))
    assert "supply.restored" in question.settled_by
    assert "absence" not in outage.timers
    outage.hears(perhaps_back("10:50"))
    assert "absence" not in outage.timers, "the first of them is asked about"
    assert [one["reason"] for one in outage.view["questions"]] == [ASKED]


def test_listed_again_nobody_is_asked_and_the_next_absence_has_a_time_of_its_own() -> None:
    outage = told(reported(), started(), perhaps_back("9:45"))
    assert outage.hears(listed_again("10:00")).reason == "listed-again"
    assert "absence" not in outage.timers
    outage.hears(perhaps_back("10:15"))
    assert outage.timers["absence"] == at("10:15") + LIMIT


def test_whatever_ends_the_absence_ends_the_question() -> None:
    for end in (listed_again("11:00"), restored("9:45"), withdrawn("11:00"), reopened("11:00")):
        outage = told(reported(), started(), perhaps_back("9:45"))
        outage.moves_to(at("10:50"), only="absence")
        if isinstance(end, dispatch.OutageReopened):
            outage.hears(restored("9:45"))
        outage.hears(end)
        assert outage.view["questions"] == [], end
        assert "absence" not in outage.timers, end
        assert [word.reason for word in outage.events("fact.accepted")] == ["explained-since"], end


def test_a_person_says_that_power_is_off_and_cannot_say_by_an_answer_since_when_it_is_back() -> None:
    outage = told(reported(), started(), perhaps_back("9:45"))
    outage.moves_to(at("10:50"), only="absence")
    (question,) = outage.events("fact.questioned")
    assert outage.answer(question.question_id, accept=True).reason == "say-since-when-power-is-back"
    assert outage.view["questions"] != []
    assert outage.answer(question.question_id, accept=False, now=at("11:00")).reason == "fact-refused"
    assert outage.view["questions"] == []
    assert outage.view["perhapsRestoredSince"] is None
    assert "absence" not in outage.timers


def test_of_what_is_over_or_of_an_earlier_time_without_power_nobody_is_asked() -> None:
    assert told(reported(), started(), restored("9:40"), perhaps_back("9:45")).timers.get("absence") is None
    late = told(reported(), started(), restored("9:40"), reopened("10:00"), perhaps_back("9:45"))
    assert late.timers.get("absence") is None


def test_of_a_withdrawn_outage_that_is_listed_somebody_still_speaks() -> None:
    outage = told(reported(), started(), withdrawn("9:40"))
    assert outage.hears(perhaps_back("9:45")).reason == "outage-withdrawn"
    assert outage.hears(listed_again("10:00")).reason == "said-after-withdrawal"


def test_in_any_order_the_same_is_shown_and_armed() -> None:
    facts = reported(), started(), perhaps_back("9:45"), listed_again("10:00"), perhaps_back("10:30")
    ends = [told(*order) for order in permutations(facts)]
    assert {end.timers["absence"] for end in ends} == {at("10:30") + LIMIT}
    assert {end.view["perhapsRestoredSince"] for end in ends} == {"2026-03-05T02:30:00Z"}
