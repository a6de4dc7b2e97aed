"""What the referee of sends to many people must not let pass."""

from datetime import timedelta

from tests.chaos.truth import Posted
from tests.sim.city.plan.teller import at
from tests.sim.judging.sending.approvals import Approval, Dropped, unapproved, unrecorded

SENDS = {"AV-1": "waiting"}
YES = Approval("AV-1", "approve", at(20), at(21))
NO = Approval("AV-1", "refuse", at(20), at(21))


def text(seconds: float, trigger: str = "fault", customer: int = 41, mrid: str = "AV-1") -> Posted:
    return Posted(at(seconds), f"T-{seconds}", customer, trigger, mrids=(mrid,))


def dropped(seconds: float, reason: str, *, called: bool = True) -> Dropped:
    return Dropped("T", 41, ("AV-1",), at(seconds), reason, called)


def test_what_goes_before_somebody_approves_is_found() -> None:
    assert len([*unapproved([text(10)], SENDS, [YES], {40})]) == 1
    assert len([*unapproved([text(30)], SENDS, [NO], {40})]) == 1
    assert [*unapproved([text(30)], SENDS, [YES], {40})] == []


def test_who_is_told_at_once_what_ends_a_word_and_other_outages_need_nobody() -> None:
    at_once = [text(10, customer=40), text(10, "restored"), text(10, "correction"), text(10, mrid="F-1")]
    assert [*unapproved(at_once, SENDS, [], {40})] == []


def test_what_is_dropped_says_why_and_somebody_calls_unless_it_was_refused() -> None:
    asked = {"AV-1"}
    assert [*unrecorded([dropped(9_000, "send-not-approved")], SENDS, [], asked)] == []
    assert [*unrecorded([dropped(9_000, "send-refused", called=False)], SENDS, [NO], asked)] == []
    assert len([*unrecorded([dropped(9_000, "last-useful-moment-passed")], SENDS, [], asked)]) == 1
    assert len([*unrecorded([dropped(9_000, "send-not-approved")], SENDS, [NO], asked)]) == 1
    assert len([*unrecorded([dropped(9_000, "send-not-approved", called=False)], SENDS, [], asked)]) == 1
    assert [*unrecorded([dropped(9_000, "last-useful-moment-passed")], SENDS, [YES], asked)] == []


def test_while_an_answer_is_on_its_way_either_reason_may_be_so() -> None:
    slow = Approval("AV-1", "refuse", at(20), at(20) + timedelta(minutes=5))
    for reason in ("send-refused", "send-not-approved"):
        assert [*unrecorded([dropped(60, reason)], SENDS, [slow], {"AV-1"})] == []


def test_a_send_that_waits_and_of_which_nobody_is_asked_is_found() -> None:
    assert [*unrecorded([], SENDS, [], set())] == ["of the send of AV-1 nobody was asked"]
