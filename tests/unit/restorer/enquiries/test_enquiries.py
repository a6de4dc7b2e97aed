"""Whoever asks why power is off is explained it: on record always, in the rule's time where a rule names one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.all_types import STRUCTS, TYPE_OF, key_of
from schemas.contracts.base import OutageClass, encode
from schemas.contracts.dispatch import EnquiryAsked, EnquiryExplained, EnquiryFact
from schemas.contracts.promises import PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade, PromiseVoided
from services.kernel.model import REVIEW, TIMER_FIRED, Decision, Event, Message, Review, TimerFired
from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.enquiries import events
from services.restorer.domain.enquiries.decider import HAPPENED, ServiceEnquiry
from tests.kits.promises import Lives

STANDARD = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
ID, FAULT, CUT = "95598-20260305-00934", "cn.fault.explanation", "cn.emergency.explanation"
NINE = datetime(2026, 3, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KNOWN = {**STRUCTS, **events.STRUCTS}


def naming(minutes: int | None, **more: Any) -> Policy:
    """The standard's rules with a time of the utility's own to explain in."""
    rules = dict(STANDARD.rules)
    for name in (FAULT, CUT):
        figures: dict[str, Any] = {
            "amount": None if minutes is None else Decimal(minutes),
            "unit": "minutes",
            "measure_from": "enquiry-received",
            "measure_to": "enquiry-answered",
            "limit": "at-most",
        }
        rules[name] = replace(rules[name], **(figures | more))
    return replace(STANDARD, rules=rules)


IN_TEN = naming(10)


def asked(minute: float = 0, outage: str | None = "F-1", **more: Any) -> EnquiryAsked:
    return EnquiryAsked(enquiry_id=ID, outage=outage, received_at=NINE + minute * MINUTE, **more)


def explained(minute: float, outage: str | None = None, **more: Any) -> EnquiryExplained:
    return EnquiryExplained(enquiry_id=ID, outage=outage, answered_at=NINE + minute * MINUTE, **more)


class EnquiryRun:
    """One enquiry with its log: what the kernel does, without a kernel."""

    def __init__(self, policy: Policy = IN_TEN, known: OutageClass | None = "fault") -> None:
        self.decider, self.known = ServiceEnquiry(policy, CALENDAR), known
        self.state = self.decider.initial(f"enquiry/{ID}")
        self.log: list[Event] = []
        self.lives = Lives()

    def hears(self, fact: EnquiryFact, recorded: datetime | None = None, cause: str = "") -> Decision:
        recorded = recorded or getattr(fact, HAPPENED[type(fact)])
        name = cause or f"{len(self.log)}"
        return self._take(Message("calls", name, TYPE_OF[type(fact)], recorded, fact, ID, 0, recorded_at=recorded))

    def moves_to(self, minute: float) -> list[str]:
        now, reasons = NINE + minute * MINUTE, []
        while due := sorted((at, name) for name, at in self.decider.timers(self.state).items() if at <= now):
            at, name = due[0]
            fired = TimerFired(name=name, due_at=at)
            message = Message("timer", f"{name}@{len(self.log)}", TIMER_FIRED, at, fired, ID, 0, recorded_at=now)
            reasons.append(self._take(message).reason)
        return reasons

    def reviewed(self, minute: float) -> Decision:
        now = NINE + minute * MINUTE
        return self._take(Message("rearm", f"{now}", REVIEW, now, Review(why="policy"), ID, 0))

    def _take(self, message: Message) -> Decision:
        decision = self.decider.decide(self.state, self.known, message, message.recorded_at)
        assert decision == self.decider.decide(self.state, self.known, message, message.recorded_at)
        for event in decision.events:
            data = msgspec.json.decode(encode(event.data), type=KNOWN[event.type])
            if event.topic is not None:
                assert event.key == ID == key_of(event.topic, data), "what is published goes under the enquiry's id"
            number = len(self.log) + 1
            made = Event(
                f"enquiry/{ID}", number, uuid5(NAMESPACE_OID, f"{number}"), event.type, data, message.recorded_at,
                message.cause, decision.reason,
            )  # fmt: skip
            self.log.append(made)
            self.lives.hear(data)
            self.state = self.decider.evolve(self.state, made)
        return decision

    @property
    def view(self) -> dict[str, Any]:
        return self.decider.view(self.state)

    @property
    def verdicts(self) -> dict[str, str]:
        return {one.rule.rule_id: one.standing for one in self.state.promises.values()}

    def said(self, kind: type) -> list[Any]:
        return [event.data for event in self.log if isinstance(event.data, kind)]


def test_the_standard_obliges_an_explanation_and_names_no_time_so_nothing_is_promised_and_all_is_on_record() -> None:
    run = EnquiryRun(STANDARD)
    assert run.hears(asked(subject="为什么停电")).reason == "enquiry-received"
    assert run.view["status"] == "open"
    assert run.hears(explained(4, answered_by="坐席17")).reason == "enquiry-answered"
    assert run.said(PromiseMade) == []
    assert (run.view["status"], run.view["answeredBy"], run.view["outageClass"]) == ("answered", "坐席17", "fault")
    assert "停电" not in str(run.view), "what a customer said is not in the view"


def test_where_the_utility_names_a_time_it_is_promised_and_kept_by_an_explanation_in_time() -> None:
    run = EnquiryRun()
    run.hears(asked(), cause="1")
    (made,) = run.said(PromiseMade)
    assert (made.rule.rule_id, made.due_at, made.enquiry_id, made.mrid) == (FAULT, NINE + 10 * MINUTE, ID, None)
    run.hears(explained(9), cause="2")
    (kept,) = run.said(PromiseKept)
    assert (kept.at, kept.reason, kept.evidence) == (NINE + 9 * MINUTE, "done-in-time", ("calls/1", "calls/2"))
    assert run.decider.timers(run.state) == {}


def test_without_an_explanation_it_is_warned_of_broken_and_corrected_by_one_that_is_told_late() -> None:
    run = EnquiryRun()
    run.hears(asked())
    assert [run.moves_to(minute) for minute in (5, 9, 10)] == [
        ["deadline-near"],
        ["deadline-near"],
        ["deadline-passed"],
    ]
    assert len(run.said(PromiseBroken)) == 1
    run.hears(explained(8), recorded=NINE + 60 * MINUTE)
    (word,) = run.said(PromiseCorrected)
    assert (word.was, word.now) == ("broken", "kept")


@pytest.mark.parametrize(
    ("known", "rule"), [("fault", FAULT), ("emergency", CUT), ("curtailment", CUT), ("planned", None), (None, FAULT)]
)
def test_a_rule_binds_by_what_the_outage_is_and_one_that_nobody_has_told_of_is_a_fault(
    known: OutageClass | None, rule: str | None
) -> None:
    run = EnquiryRun(known=known)
    run.hears(asked())
    assert [made.rule.rule_id for made in run.said(PromiseMade)] == ([rule] if rule else [])


def test_what_the_outage_turns_out_to_be_later_moves_no_deadline() -> None:
    run = EnquiryRun(known=None)
    run.hears(asked())
    run.known = "planned"
    run.hears(explained(12, outage="F-1"))
    assert run.verdicts == {FAULT: "broken"}
    assert len(run.said(PromiseMade)) == 1


def test_who_asks_of_no_outage_is_bound_by_rules_for_every_kind_alone() -> None:
    run = EnquiryRun()
    run.hears(asked(outage=None))
    assert run.said(PromiseMade) == []
    of_all = EnquiryRun(naming(10, applies_when={}))
    of_all.hears(asked(outage=None))
    assert {made.rule.rule_id for made in of_all.said(PromiseMade)} == {FAULT, CUT}


def test_a_rule_that_measures_what_an_enquiry_does_not_have_is_refused_at_the_start() -> None:
    with pytest.raises(PolicyError, match="an enquiry has no 'first-report'; write enquiry-received"):
        ServiceEnquiry(naming(10, measure_from="first-report"), CALENDAR)
    ServiceEnquiry(naming(None, measure_from=""), CALENDAR)


def test_a_time_that_a_newer_policy_names_binds_what_is_still_to_come_and_moves_open_deadlines() -> None:
    run = EnquiryRun(STANDARD)
    run.hears(asked())
    run.decider = ServiceEnquiry(IN_TEN, CALENDAR)
    run.reviewed(60)
    assert run.said(PromiseMade) == [], "past, and promised to nobody"
    young = EnquiryRun(STANDARD)
    young.hears(asked())
    young.decider = ServiceEnquiry(IN_TEN, CALENDAR)
    assert young.reviewed(5).reason == "reviewed"
    young.decider = ServiceEnquiry(replace(naming(20), version="2"), CALENDAR)
    young.reviewed(6)
    (voided,) = young.said(PromiseVoided)
    assert voided.reason == "rule-changed"
    assert young.said(PromiseMade)[-1].due_at == NINE + 20 * MINUTE


def test_an_answer_before_the_enquiry_is_known_is_held_and_one_from_before_it_answers_nothing() -> None:
    run = EnquiryRun()
    assert run.hears(explained(4)).reason == "held-until-received"
    run.hears(asked(), recorded=NINE + 5 * MINUTE)
    assert run.verdicts == {FAULT: "kept"}
    other = EnquiryRun()
    other.hears(asked(30))
    assert other.hears(explained(2)).reason == "answered-before-received"
    assert other.verdicts == {FAULT: "open"}


def test_told_from_the_future_it_counts_from_when_we_heard_of_it() -> None:
    run = EnquiryRun()
    decision = run.hears(asked(8 * 60), recorded=NINE)
    assert (decision.reason, decision.detail) == ("enquiry-received", "happened-in-the-future")
    assert run.view["receivedAt"] == "2026-03-05T01:00:00Z"


FACTS: list[EnquiryFact] = [asked(), asked(3), asked(-5, outage=None), explained(6), explained(20), explained(-40)]


@given(st.lists(st.sampled_from(FACTS), unique_by=repr), st.data())
def test_in_any_order_and_twice_the_same_is_so(facts: list[EnquiryFact], data: st.DataObject) -> None:
    def end(order: list[EnquiryFact]) -> tuple[object, ...]:
        run = EnquiryRun()
        for fact in order:
            run.hears(fact, recorded=NINE + 60 * MINUTE)
            run.moves_to(60)
        view = run.view
        standing = {one.rule.rule_id: (one.due_at, one.standing) for one in run.state.promises.values()}
        binding = {rule: one for rule, one in standing.items() if one[1] != "voided"}
        return view["status"], view["receivedAt"], view["answeredAt"], view["aboutOutages"], binding

    other = data.draw(st.permutations(facts))
    again = data.draw(st.lists(st.sampled_from(facts), max_size=3)) if facts else []
    assert end(facts) == end([*other, *again])
