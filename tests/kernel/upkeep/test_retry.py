"""An operator mends what was set aside, and order holds."""

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.model import Decision, Message
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.asked import RequestRefused, drop, retry
from tests.kits.kernel.facts import column, enquiry, word
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import KettleDecider, Toy

OUTAGE = "where stream_id like 'outage/%'"


class Mended(KettleDecider):
    """The version that has the bug no more."""

    def decide(self, state, facts, message: Message, now) -> Decision:  # type: ignore[no-untyped-def]
        if getattr(message.data, "subject", None) == "bug":
            return Decision("mended")
        return super().decide(state, facts, message, now)


def mended() -> Toy:
    toy = Toy()
    toy.deciders = {"outage": Mended()}
    return toy


async def park(ingest: Ingest, broker: PaperBroker) -> None:
    for id_, subject in (("1", None), ("2", "bug"), ("3", None), ("4", None)):
        tell(broker, "enquiry.received.v1", enquiry(subject=subject), id=id_)
    await ingest.take(broker.logs[("outage.dispatch", 0)])


async def ids(pool: asyncpg.Pool, reason: str) -> list[object]:
    return await column(pool, f"select quarantine_id from quarantine where reason = '{reason}' order by record_offset")


async def test_after_the_bug_is_mended_a_retry_judges_it_and_those_behind_it_in_order(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await park(ingest, broker)
    (failed,) = await ids(pool, "decide-failed")
    result = await retry(pool, mended(), clock, failed, "night shift")
    assert [reason for _, reason in result.judged] == ["mended", "recorded", "recorded"]
    assert await column(pool, f"select cause from event {OUTAGE} order by position") == [
        f"/dispatch/east/{n}" for n in (1, 3, 4)
    ]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [0]
    assert await column(
        pool, "select outcome || ' ' || reason from inbox where topic is not null order by record_offset"
    ) == [
        "appended recorded",
        "no-op mended",
        "appended recorded",
        "appended recorded",
    ]
    asked = "select data->>'who' || ' ' || (data->>'action') from event where type = 'operator.requested.v1'"
    assert await column(pool, asked) == ["night shift quarantine retry"]


async def test_a_retry_with_the_bug_still_there_leaves_everything_waiting(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await park(ingest, broker)
    (failed,) = await ids(pool, "decide-failed")
    result = await retry(pool, Toy(), clock, failed, "night shift")
    assert [reason.partition(":")[0] for _, reason in result.still_open] == ["decide-failed"]
    assert await column(pool, "select count(*) from quarantine where state = 'open'") == [3]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [1]


async def test_dropping_a_message_lets_those_behind_it_go_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await park(ingest, broker)
    (failed,) = await ids(pool, "decide-failed")
    await drop(pool, Toy(), clock, failed, "night shift", "sent by mistake")
    assert await column(pool, f"select count(*) from event {OUTAGE}") == [3]
    assert await column(pool, "select state from quarantine order by record_offset") == [
        "dropped",
        "retried",
        "retried",
    ]


async def test_one_that_waits_cannot_overtake_what_it_waits_for(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await park(ingest, broker)
    with pytest.raises(RequestRefused, match="waits behind"):
        await retry(pool, mended(), clock, (await ids(pool, "stream-parked"))[0], "night shift")


async def test_a_number_in_free_text_keeps_no_valid_message_from_being_judged_later(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="1")
    tell(broker, "enquiry.received.v1", enquiry(subject="call back on +44 7700 900123"), id="2")
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    assert await column(pool, "select redacted from quarantine order by record_offset") == [False, True]
    (failed,) = await ids(pool, "decide-failed")
    result = await retry(pool, mended(), clock, failed, "night shift")
    assert [reason for _, reason in result.judged] == ["mended", "recorded"]
    assert await column(pool, f"select data->>'subject' from event {OUTAGE}") == ["call back on [phone]"]
    assert await column(pool, "select outcome from inbox where id = '2'") == ["appended"]


async def test_a_number_that_was_a_name_is_not_guessed_at_and_the_refusal_says_the_way_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="call +44 7700 900123")
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    (failed,) = await ids(pool, "decide-failed")
    with pytest.raises(RequestRefused, match="drop it, then have its source send it again under a new id"):
        await retry(pool, mended(), clock, failed, "night shift")


async def test_a_word_from_within_on_a_parked_stream_waits_its_turn_and_is_not_lost(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await park(ingest, broker)
    (outcome,) = await ingest.submit([word("w1")])
    assert outcome.reason == "stream-parked"
    (failed,) = await ids(pool, "decide-failed")
    result = await retry(pool, mended(), clock, failed, "night shift")
    assert [reason for _, reason in result.judged] == ["mended", "recorded", "recorded", "recorded"]
    causes = await column(pool, f"select cause from event {OUTAGE} order by position")
    assert causes[-1] == "/outage/toy/within/w1"


async def test_a_word_from_within_that_cannot_be_judged_parks_its_stream_and_raises_nothing(
    ingest: Ingest, pool: asyncpg.Pool
) -> None:
    (outcome,) = await ingest.submit([word("w1", subject="bug")])
    assert outcome.reason == "decide-failed"
    assert await column(pool, "select topic from quarantine where state = 'open'") == ["(within)"]


async def test_one_that_fails_for_a_reason_of_its_own_can_be_retried_or_dropped_itself(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    for id_, subject in (("1", "bug"), ("2", "bug"), ("3", None)):
        tell(broker, "enquiry.received.v1", enquiry(subject=subject), id=id_)
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    (first,) = await ids(pool, "decide-failed")
    await drop(pool, Toy(), clock, first, "night shift", "sent by mistake")
    (second,) = await column(
        pool, "select quarantine_id from quarantine where reason = 'decide-failed' and state = 'open'"
    )
    await drop(pool, Toy(), clock, second, "night shift", "sent by mistake")
    assert await column(pool, f"select cause from event {OUTAGE}") == ["/dispatch/east/3"]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [0]
