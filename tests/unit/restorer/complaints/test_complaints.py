"""Whoever complains is answered within five days, who reports misconduct within ten; whatever order the facts come in."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.dispatch import ComplaintAnsweredV1, ComplaintFact, ComplaintReceivedV1
from schemas.contracts.promises import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from services.policy import PolicyError, load_policy, policy_path
from services.restorer.domain.complaints.decider import ServiceComplaint
from services.restorer.domain.complaints.versions import as_own, complaint_id
from tests.kits.callers.complaint import (
    ANSWER_5D,
    ANSWER_10D,
    CALENDAR,
    ID,
    POLICY,
    ComplaintRun,
    answered,
    at,
    received,
    withdrawn,
)

END_OF_FIVE_DAYS = at("24:00", 10)
END_OF_TEN_DAYS = at("24:00", 15)


def test_a_complaint_is_due_when_the_fifth_day_after_it_is_over_and_at_risk_a_day_before() -> None:
    run = ComplaintRun()
    assert run.hears(received()).reason == "complaint-received"
    (made,) = run.said(PromiseMade)
    assert (made.rule.rule_id, made.complaint_id, made.mrid) == (ANSWER_5D, ID, None)
    assert (made.due_at, made.at_risk_at) == (END_OF_FIVE_DAYS, at("24:00", 9))
    assert run.moves_to(at("24:00", 9)) == ["deadline-near"]
    assert run.view["promises"][0]["state"] == "atRisk"
    assert run.moves_to(END_OF_FIVE_DAYS) == ["deadline-near", "deadline-passed"], "with a tenth of its time left again"
    assert run.verdicts == {ANSWER_5D: "broken"}
    assert run.timers == {}


def test_a_report_of_misconduct_has_ten_days() -> None:
    run = ComplaintRun()
    run.hears(received(kind="report"))
    (made,) = run.said(PromiseMade)
    assert (made.rule.rule_id, made.due_at) == (ANSWER_10D, END_OF_TEN_DAYS)


def test_an_answer_in_time_keeps_the_promise_and_is_its_evidence() -> None:
    run = ComplaintRun()
    run.hears(received(), cause="7")
    assert run.hears(answered("9:28", 9, answered_by="Wang"), cause="9").reason == "complaint-answered"
    (kept,) = run.said(PromiseKept)
    assert (kept.at, kept.reason, kept.evidence) == (at("9:28", 9), "done-in-time", ("crm/7", "crm/9"))
    assert run.timers == {}
    view = run.view
    assert (view["status"], view["answeredBy"], view["answeredAt"]) == ("answered", "Wang", "2026-03-09T01:28:00Z")


def test_an_answer_that_is_told_late_corrects_the_verdict() -> None:
    run = ComplaintRun()
    run.hears(received())
    run.moves_to(END_OF_FIVE_DAYS)
    run.hears(answered("18:00", 9), recorded=at("9:00", 12))
    (word,) = run.said(PromiseCorrected)
    assert (word.was, word.now, word.reason) == ("broken", "kept", "done-in-time")


def test_an_answer_after_its_time_leaves_the_promise_broken() -> None:
    run = ComplaintRun()
    run.hears(received())
    run.moves_to(END_OF_FIVE_DAYS)
    run.hears(answered("9:00", 12))
    assert run.said(PromiseCorrected) == []
    assert run.verdicts == {ANSWER_5D: "broken"}


def test_an_answer_before_the_complaint_is_known_is_held_and_joined() -> None:
    run = ComplaintRun()
    assert run.hears(answered("9:28", 9)).reason == "held-until-received"
    assert run.view["warnings"] == ["answered-and-never-received"]
    run.hears(received(), recorded=at("9:00", 12))
    assert run.verdicts == {ANSWER_5D: "kept"}
    assert run.view["warnings"] == []


def test_an_answer_from_before_the_complaint_answers_nothing_until_another_word_explains_it() -> None:
    run = ComplaintRun()
    run.hears(received("16:18", 5))
    assert run.hears(answered("16:00", 5)).reason == "answered-before-received"
    assert run.verdicts == {ANSWER_5D: "open"}
    assert run.view["warnings"] == ["answered-before-received"]
    run.hears(received("15:00", 5))
    assert run.view["warnings"] == []
    assert run.state.answered(timedelta(0)) is not None


def test_clocks_that_differ_by_minutes_do_not_undo_an_answer() -> None:
    run = ComplaintRun()
    run.hears(received("16:18"))
    run.hears(answered("16:10", 5))
    (kept,) = run.said(PromiseKept)
    assert kept.at == at("16:18"), "it cannot be older than what it answers"


def test_who_tells_it_again_later_does_not_put_off_the_answer() -> None:
    run = ComplaintRun()
    run.hears(received("16:18", 5))
    assert run.hears(received("9:00", 8)).reason == "told-again"
    assert [made.due_at for made in run.said(PromiseMade)] == [END_OF_FIVE_DAYS]


def test_a_complaint_that_came_earlier_than_was_told_is_due_earlier() -> None:
    run = ComplaintRun()
    run.hears(received("16:18", 5))
    assert run.hears(received("9:00", 4), recorded=at("10:00", 6)).reason == "told-otherwise"
    (voided,) = run.said(PromiseVoided)
    assert voided.reason == "deadline-recomputed"
    assert [made.promise_id for made in run.said(PromiseMade)] == [f"{ID}/{ANSWER_5D}", f"{ID}/{ANSWER_5D}.2"]
    assert run.said(PromiseMade)[-1].due_at == at("24:00", 9)


def test_told_as_both_it_is_a_complaint_for_that_is_to_be_answered_sooner() -> None:
    for facts in permutations((received(kind="report"), received(kind="complaint"))):
        run = ComplaintRun()
        for fact in facts:
            run.hears(fact)
        assert run.view["kind"] == "complaint"
        assert run.view["warnings"] == ["told-as-complaint-and-report"]
        assert run.verdicts[ANSWER_5D] == "open"
        assert run.verdicts.get(ANSWER_10D, "voided") == "voided"


def test_the_same_fact_twice_under_two_ids_is_one() -> None:
    run = ComplaintRun()
    run.hears(received())
    assert run.hears(received(), cause="other").reason == "already-known"


def test_a_complaint_from_the_future_counts_from_when_we_heard_of_it() -> None:
    """Local time with a Z behind it: nothing is held, for somebody waits for an answer."""
    run = ComplaintRun()
    decision = run.hears(received("22:18"), recorded=at("16:20"))
    assert (decision.reason, decision.detail) == ("complaint-received", "happened-in-the-future")
    assert run.view["receivedAt"] == "2026-03-05T08:20:00Z"


def test_an_answer_from_the_future_was_given_when_we_heard_of_it_at_the_latest() -> None:
    run = ComplaintRun()
    run.hears(received())
    run.hears(answered("9:00", 20), recorded=at("17:00", 9))
    (kept,) = run.said(PromiseKept)
    assert kept.at == at("17:00", 9)


def test_a_complaint_that_is_withdrawn_owes_no_answer_whenever_that_is_told() -> None:
    facts = (received(), answered("9:00", 12), withdrawn("9:18", 6, reason="registered twice"))
    for order in permutations(facts):
        run = ComplaintRun()
        for fact in order:
            run.hears(fact, recorded=at("9:00", 13))
        assert set(run.verdicts.values()) <= {"voided"}
        assert run.view["status"] == "withdrawn"
        assert run.timers == {}


def test_what_was_decided_before_a_complaint_was_withdrawn_stands_and_the_withdrawal_is_recorded_beside_it() -> None:
    for facts, standing in (
        ((received(), answered("18:00", 9), withdrawn("9:00", 12)), "kept"),
        ((received(), answered("9:00", 12), withdrawn("9:00", 13)), "broken"),
        ((received(), answered("9:00", 13), withdrawn("9:00", 12)), "broken"),
        ((received(), withdrawn("9:00", 12)), "broken"),
    ):
        for order in permutations(facts):
            run = ComplaintRun()
            for fact in order:
                run.hears(fact, recorded=at("9:00", 14))
            run.moves_to(at("9:00", 14))
            assert run.verdicts == {ANSWER_5D: standing}
            assert run.view["status"] == "withdrawn"
            assert run.timers == {}


def test_a_withdrawal_after_the_verdict_says_that_it_comes_too_late_for_it() -> None:
    run = ComplaintRun()
    run.hears(received())
    run.moves_to(END_OF_FIVE_DAYS)
    decision = run.hears(withdrawn("9:00", 12))
    assert decision.reason == "withdrawn-after-verdict"
    assert run.said(PromiseVoided) == run.said(PromiseCorrected) == []
    assert run.hears(withdrawn("9:00", 8), recorded=at("9:00", 13)).reason == "complaint-withdrawn"
    assert run.verdicts == {ANSWER_5D: "voided"}, "it was withdrawn in time, and nobody had told"


def test_what_was_told_before_complaints_were_promised_anything_and_is_past_is_promised_to_nobody() -> None:
    run = ComplaintRun()
    began = at("9:00", 12)
    assert run.hears(received(outage="F-1"), now=began, told_before=True).reason == "complaint-received"
    assert run.hears(answered("18:00", 11, outage="F-1"), now=began, told_before=True).reason == "complaint-answered"
    run.hears(answered("18:00", 13))
    assert run.said(PromiseMade) == run.said(PromiseBroken) == []
    assert (run.view["status"], run.timers) == ("answered", {})


def test_what_was_told_before_and_can_still_be_answered_in_time_is_promised() -> None:
    run = ComplaintRun()
    run.hears(received("16:18", 5), now=at("9:00", 9), told_before=True)
    assert [made.due_at for made in run.said(PromiseMade)] == [END_OF_FIVE_DAYS]
    run.moves_to(END_OF_FIVE_DAYS)
    assert run.verdicts == {ANSWER_5D: "broken"}


def test_what_the_complaint_system_itself_tells_late_is_judged_however_late_it_is() -> None:
    run = ComplaintRun()
    run.hears(received("16:18", 5), recorded=at("9:00", 12))
    run.moves_to(at("9:00", 12))
    assert run.verdicts == {ANSWER_5D: "broken"}


def test_a_rule_that_a_newer_policy_brings_binds_what_is_still_to_come() -> None:
    run = ComplaintRun(load_policy(policy_path("gb")))
    run.hears(received())
    run.decider = ServiceComplaint(POLICY, CALENDAR)
    assert not run.reviewed(at("9:00", 12)).events
    run.hears(answered("18:00", 12))
    assert run.said(PromiseMade) == []


def test_a_fact_that_only_the_outages_stream_has_is_not_beaten_by_the_deadline() -> None:
    run = ComplaintRun()
    run.hears(received())
    on_its_way = [(answered("18:00", 9), "crm/9")]
    assert run.moves_to(END_OF_FIVE_DAYS, coming=on_its_way) == ["heard-of-its-outage"]
    assert run.verdicts == {ANSWER_5D: "kept"}
    assert run.hears(answered("18:00", 9)).reason == "already-known"


def test_under_a_regime_without_such_a_rule_nothing_is_promised_and_the_complaint_is_known() -> None:
    run = ComplaintRun(load_policy(policy_path("gb")))
    run.hears(received())
    assert run.said(PromiseMade) == []
    assert run.view["status"] == "open"


def test_a_rule_that_measures_what_a_complaint_does_not_have_is_refused_at_the_start() -> None:
    rules = dict(POLICY.rules)
    rules[ANSWER_5D] = replace(rules[ANSWER_5D], measure_from="first-report")
    with pytest.raises(PolicyError, match="a complaint has no 'first-report'; write complaint-received"):
        ServiceComplaint(replace(POLICY, rules=rules), CALENDAR)


def test_when_the_rule_changes_an_open_deadline_moves_and_a_verdict_stands() -> None:
    run = ComplaintRun()
    run.hears(received())
    rules = dict(POLICY.rules)
    rules[ANSWER_5D] = replace(rules[ANSWER_5D], amount=rules[ANSWER_5D].amount + 2)  # type: ignore[operator]
    run.decider = ServiceComplaint(replace(POLICY, version="2", rules=rules), CALENDAR)
    assert run.reviewed(at("9:00", 6)).reason == "reviewed"
    (voided,) = run.said(PromiseVoided)
    assert voided.reason == "rule-changed"
    assert run.said(PromiseMade)[-1].due_at == at("24:00", 12)
    run.hears(answered("9:00", 7))
    assert run.reviewed(at("9:00", 8)).reason == "nothing-open"


@pytest.mark.parametrize(
    ("written", "name"),
    [("C-7", "C-7"), (" C-7\t", "C-7"), ("投诉 12", "投诉 12"), ("a\nb", "a b"), ("\u200bC-7", "C-7")],
)
def test_an_id_of_the_first_version_names_one_stream_however_it_is_spaced(written: str, name: str) -> None:
    assert complaint_id(written) == name


def test_ids_too_long_for_a_stream_stay_apart() -> None:
    first, second = "x" * 150 + "1", "x" * 150 + "2"
    assert complaint_id(first) != complaint_id(second)
    assert len(complaint_id(first)) <= 100


FACTS: list[ComplaintFact] = [
    received("16:18", 5),
    received("9:00", 6, outage="F-1"),
    received("9:00", 4, kind="report"),
    answered("8:00", 4),
    answered("18:00", 9),
    answered("18:00", 10, answered_by="Li"),
    answered("9:00", 14),
    withdrawn("9:00", 12),
    withdrawn("9:18", 6),
]


@given(st.lists(st.sampled_from(FACTS), unique_by=repr), st.data())
def test_in_any_order_and_twice_the_same_is_so(facts: list[ComplaintFact], data: st.DataObject) -> None:
    """The deadline fires among them where it may; the end is the same, and no promise is said to be two things."""

    def end(order: list[ComplaintFact]) -> tuple[object, ...]:
        run = ComplaintRun()
        for fact in order:
            run.hears(fact, recorded=at("9:00", 16))
            if run.said(PromiseMade):
                run.moves_to(at("9:00", 16))
        view = run.view
        standing = {one.rule.rule_id: (one.due_at, one.standing) for one in run.state.promises.values()}
        binding = {rule: one for rule, one in standing.items() if one[1] != "voided"}
        return view["kind"], view["status"], view["receivedAt"], view["answeredAt"], view["aboutOutages"], binding

    other = data.draw(st.permutations(facts))
    again = data.draw(st.lists(st.sampled_from(facts), max_size=3)) if facts else []
    assert end(facts) == end([*other, *again])


def test_a_fact_of_the_first_version_says_the_same_of_the_complaint_itself() -> None:
    old = ComplaintReceivedV1(mrid="F-1", complaint_id=ID, received_at=at("16:18"), kind="report", subject="慢")
    assert as_own(old) == received(kind="report", outage="F-1", subject="慢")
    over = ComplaintAnsweredV1(mrid="F-1", complaint_id=ID, answered_at=at("9:00", 9), answered_by="Wang")
    assert as_own(over) == answered("9:00", 9, outage="F-1", answered_by="Wang")
    assert as_own(received()) is None


def test_what_a_customer_said_is_not_in_the_view() -> None:
    run = ComplaintRun()
    run.hears(received(subject="抢修人员到达迟缓"))
    assert "迟缓" not in str(run.view)


def test_a_verdict_past_the_grace_period_says_that_it_is_unproven() -> None:
    run = ComplaintRun()
    run.hears(received())
    run.moves_to(END_OF_FIVE_DAYS, unproven=True)
    (broken,) = run.said(PromiseBroken)
    assert broken.unproven
    assert len(run.said(PromiseAtRisk)) == 1
