"""The audit's judgements, each on the smallest case where it must speak and where it must not."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.twilio.kept.phones import Received
from operations.audit.intake import cover
from operations.audit.published import OnTopic, judge_topic, on_topic
from operations.audit.report import Check, Report
from operations.audit.sending import AS_TEXT, intent_faults, judge_phones, sending_faults, text_state
from operations.audit.unknown_texts import unknown_fault
from operations.system.fences import AGREES, LOST, REPLACED, SHORTENED, verdict_on
from services.kernel.writing.relay import BATCH
from services.notifier.domain.text_states import FINAL, RANK
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START


def check() -> Check:
    return Report().check("notifier", "x", "x", "x")


@given(st.integers(0, 1000), st.lists(st.integers(1, 50), max_size=30))
def test_spans_that_join_without_gap_cover_whatever_their_lengths(first: int, lengths: list[int]) -> None:
    spans, at = [], first
    for length in lengths:
        spans.append((at, at + length, "inbox"))
        at += length
    assert list(cover(first, at, spans)) == []


@given(st.integers(0, 1000), st.lists(st.integers(1, 50), min_size=1, max_size=30), st.data())
def test_a_span_that_is_missing_or_there_twice_is_always_found(
    first: int, lengths: list[int], data: st.DataObject
) -> None:
    spans, at = [], first
    for length in lengths:
        spans.append((at, at + length, "inbox"))
        at += length
    victim = data.draw(st.sampled_from(spans))
    assert list(cover(first, at, [span for span in spans if span != victim]))
    assert list(cover(first, at, sorted([*spans, (*victim[:2], "duplicate")])))


def text_row(**changes: Any) -> dict[str, Any]:
    made = {
        "message_id": "m1",
        "has_row": True,
        "state": "delivered",
        "unwanted": None,
        "expires_at": START,
        "provider_sid": "SM1",
        "carried_by": None,
        "sids": ["SM1"],
        "requested": 1,
        "types": ["message.requested.v1", "message.accepted.v1", "message.delivered.v1"],
    }
    return made | changes


def test_a_text_that_another_one_spoke_for_has_that_ones_provider_id() -> None:
    types = ["message.requested.v1", "message.accepted.v1"]
    carried = text_row(state="accepted", provider_sid=None, sids=[], carried_by="m2", types=types)
    assert list(sending_faults(carried, START)) == []
    assert list(intent_faults(text_row(state="carried", types=["message.requested.v1"]))) == []


def test_a_text_that_went_well_has_no_fault() -> None:
    assert list(intent_faults(text_row())) == []
    assert list(sending_faults(text_row(), START + timedelta(days=9))) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"requested": 0, "types": []}, "text m1 has a row, but was never asked for"),
        ({"requested": 0, "has_row": False}, "text m1 is spoken of, but was never asked for"),
        ({"requested": 2}, "asked for 2 times"),
        ({"has_row": False, "state": None}, "it will never be sent"),
        ({"state": "undelivered"}, "is undelivered for the sender but delivered in its customer's log"),
        ({"types": ["message.requested.v1"]}, "is delivered for the sender but requested in"),
        ({"state": "unknown", "types": ["message.requested.v1", "message.suppressed.v1"]}, "but suppressed in"),
    ],
)
def test_an_intent_and_its_row_that_differ_are_named(changes: dict[str, Any], words: str) -> None:
    assert any(words in fault for fault in intent_faults(text_row(**changes)))


def test_a_text_taken_back_while_an_attempt_is_out_waits_for_its_verdict() -> None:
    types = ["message.requested.v1", "message.suppressed.v1"]
    assert list(intent_faults(text_row(state="unknown", unwanted="suppressed", types=types))) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sids": ["SM1", "SM2"]}, "was taken by the provider 2 times: SM1, SM2"),
        ({"provider_sid": "SM3"}, "was taken by the provider 2 times: SM1, SM3"),
        ({"state": "accepted", "provider_sid": None, "sids": []}, "no provider id is known"),
        ({"state": "ready", "provider_sid": None, "sids": []}, "it was of use only until"),
    ],
)
def test_a_text_sent_twice_or_forgotten_is_named(changes: dict[str, Any], words: str) -> None:
    assert any(words in fault for fault in sending_faults(text_row(**changes), START + timedelta(hours=1)))


@pytest.mark.parametrize("state", ["sending", "unknown", "accepted", "sent", *sorted(FINAL)])
def test_a_text_that_somebody_still_works_on_or_that_is_over_is_no_fault(state: str) -> None:
    assert list(sending_faults(text_row(state=state), START + timedelta(days=9))) == []


def test_every_state_of_a_row_reads_as_some_state_of_a_conversation() -> None:
    assert AS_TEXT.keys() == RANK.keys()
    assert text_state(["message.requested.v1", "message.undelivered.v1"]) == "undelivered"
    assert text_state(["message.requested.v1", "message.suppressed.v1", "message.accepted.v1"]) == "accepted"


def received(sid: str, message_id: str | None = "m1") -> Received:
    return Received(to="+15550100", sender="x", body="x", sid=sid, at=START, wall=START, message_id=message_id)


def test_a_phone_that_got_a_text_twice_is_named() -> None:
    phones = check()
    judge_phones([received("SM1"), received("SM2")], {"SM1": "m1", "SM2": "m1"}, (), phones, {})
    assert phones.faults == ["text m1 reached its phone 2 times: SM1, SM2"]


def test_a_text_on_a_phone_that_nobody_here_knows_is_named() -> None:
    phones = check()
    judge_phones([received("SM1"), received("SM8", "m8"), received("SM9", None)], {"SM1": "m1"}, (), phones, {})
    assert phones.checked == 3
    assert [fault.partition(" is on")[0] for fault in phones.faults] == [
        "provider id SM8 (text m8)",
        "provider id SM9 (of which text is not said)",
    ]


def test_a_lost_answer_that_is_being_looked_up_is_counted_not_blamed() -> None:
    phones = check()
    judge_phones([received("SM8", "m8")], {}, {"m8"}, phones, {})
    assert (phones.faults, phones.notes) == ([], {"not yet resolved": 1})


def test_a_text_that_is_anothers_on_the_phone_is_named() -> None:
    phones = check()
    judge_phones([received("SM1", "m2")], {"SM1": "m1"}, (), phones, {})
    assert phones.faults == ["provider id SM1 is on a phone as text m2, here as m1"]


def around(**changes: Any) -> dict[str, Any]:
    made = {
        "message_id": "m8",
        "customer_id": "KC-01",
        "contact_id": "KC-01-duty",
        "trigger": "restored",
        "state": "suppressed",
        "unwanted": None,
        "requested_at": START,
        "not_before": START,
        "expires_at": START + timedelta(hours=2),
        "closed_at": START + timedelta(minutes=2),
        "provider_sid": None,
        "of_text": "m8",
        "n": 1,
        "outcome": "not-created",
        "started_at": START,
        "attempt_closed_at": START + timedelta(seconds=70),
        "http_status": None,
        "provider_code": None,
        "sid": None,
    }
    return made | changes


def test_of_a_text_that_nobody_here_knows_its_customer_its_times_and_what_became_of_each_attempt_are_told() -> None:
    other = {"of_text": "m7", "n": 3, "outcome": "accepted", "sid": "SM7", "http_status": 201}
    rows = [
        around(**other, started_at=START - timedelta(minutes=59)),
        around(**other | {"of_text": "m1"}, started_at=START - timedelta(minutes=61)),
        around(),
    ]
    assert unknown_fault(received("SM8", "m8"), {"m8": rows}) == (
        "provider id SM8 (text m8) is on a phone but not known here; it arrived at 2026-03-05T01:00:00.000+00:00; restored to "
        "KC-01-duty of customer KC-01, asked for 2026-03-05T01:00:00.000+00:00, not before 2026-03-05T01:00:00.000+00:00, of "
        "use until 2026-03-05T03:00:00.000+00:00, is suppressed since 2026-03-05T01:02:00.000+00:00, provider id none; "
        "attempts to that number: 3 at text m7: accepted (HTTP 201 id SM7) 2026-03-05T00:01:00.000+00:00 to "
        "2026-03-05T01:01:10.000+00:00, 1: not-created 2026-03-05T01:00:00.000+00:00 to 2026-03-05T01:01:10.000+00:00"
    )


def test_of_a_text_that_was_never_attempted_or_has_no_row_just_that_is_told() -> None:
    nobody = around(of_text=None, n=None)
    assert unknown_fault(received("SM8", "m8"), {"m8": [nobody]}).endswith("; no attempt was made to that number")
    assert unknown_fault(received("SM8", "m8"), {}).endswith("; there is no row of that text")
    assert unknown_fault(received("SM8", None), {}).endswith("; nothing more is known")


def published(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "position": number,
        "event_id": UUID(int=number),
        "stream_id": "outage/o1",
        "version": number,
        "type": "notice.published.v1",
        "waiting": False,
    }
    return made | changes


def test_an_event_that_is_nowhere_is_named_and_copies_are_counted() -> None:
    found = OnTopic(Counter({str(UUID(int=1)): 1, str(UUID(int=2)): 3}))
    topic = check()
    judge_topic([published(1), published(2), published(3, waiting=True), published(4)], found, topic)
    assert [fault.split(":")[0] for fault in topic.faults] == ["outage/o1 version 4"]
    assert topic.notes == {"on the topic": 2, "further copies, same id": 2, "waiting in the outbox": 1}


def test_what_the_topic_no_longer_keeps_is_counted_not_blamed_and_told_by_its_place_in_the_log() -> None:
    topic = check()
    left = [str(UUID(int=number)) for number in (2, 4)]
    found = OnTopic(Counter(left), oldest=[left[1]])
    of_its_batch, of_the_next = 4 + BATCH, 4 + BATCH + 1
    judge_topic([published(number) for number in range(1, of_the_next + 1)], found, topic)
    assert [fault.split(":")[0] for fault in topic.faults] == [f"outage/o1 version {of_the_next}"]
    assert topic.notes == {"on the topic": 2, "older than the topic's records": of_its_batch - 2}


async def test_a_topic_is_read_whole_for_one_service_and_its_lost_beginning_is_seen() -> None:
    broker = PaperBroker()
    for number, source in enumerate((b"/outage/toy", b"/dispatch/east", b"/outage/toy", b"/outage/toy")):
        headers = {"ce_source": source, "ce_id": str(number).encode()}
        broker.put("t", 0, "o1", headers, b"{}", START + timedelta(minutes=number))
    broker.put("t", 1, "o2", {"ce_source": b"/outage/toy", "ce_id": b"0"}, b"{}", START)
    whole = await on_topic(broker, "t", 2, "/outage/toy")
    assert (dict(whole.copies), whole.oldest) == ({"0": 2, "2": 1, "3": 1}, [])
    broker.first[("t", 0)] = 1
    cut = await on_topic(broker, "t", 2, "/outage/toy")
    assert (dict(cut.copies), cut.oldest) == ({"0": 1, "2": 1, "3": 1}, ["2"])


@pytest.mark.parametrize(
    ("next_offset", "bounds", "same", "verdict"),
    [
        (5, (0, 9), True, AGREES),
        (5, (0, 5), None, AGREES),
        (5, (5, 5), None, AGREES),
        (5, (0, 4), None, SHORTENED),
        (5, (6, 9), None, LOST),
        (5, (0, 9), False, REPLACED),
    ],
)
def test_a_fence_and_its_topic_agree_or_the_way_they_differ_is_named(
    next_offset: int, bounds: tuple[int, int], same: bool | None, verdict: str
) -> None:
    assert verdict_on(next_offset, bounds, same_below=same) == verdict


def test_a_report_passes_only_if_something_was_looked_at_and_nothing_was_wrong() -> None:
    report = Report()
    assert not report.passed
    skipped = report.check("notifier", "phones", "x", "x")
    skipped.skipped = "no simulated phones here"
    assert not report.passed
    made = report.check("planner", "chains", "x", "x")
    assert report.passed
    made.fault("broken")
    assert not report.passed
    assert [row["passed"] for row in report.as_json()["checks"]] == [None, False]


def test_what_a_topic_keeps_of_one_kind_of_streams_says_what_it_may_have_forgotten_of_another() -> None:
    topic = check()
    judge_topic([published(number) for number in range(1, BATCH + 4)], OnTopic(), topic, reached=2)
    assert [fault.split(":")[0] for fault in topic.faults] == [f"outage/o1 version {BATCH + 3}"]
