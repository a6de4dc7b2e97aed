"""From intent to provider and back, against a real PostgreSQL and the simulator: never twice, never forgotten.

What the provider, its list and its callbacks may do to that is broken by number in tests/injections.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from devstack.twilio.faults import Fault
from schemas.contracts.receipts import ReceiptReceived
from services.kernel import checkpoints
from services.kernel.adapters.away import AWAY
from services.notifier.domain.provider.circuit import RefusalHandling
from services.notifier.domain.provider.port import SendRefused
from services.notifier.sending import claiming
from services.notifier.sending.lane_worker import UNWRITTEN
from services.notifier.tables.vault import erase_customer
from tests.kits.stack.sending import Office, power_back

ROOT = Path(__file__).parents[4]


async def test_a_text_is_posted_once_and_accepted(office: Office) -> None:
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    (attempt,) = await office.attempts(text)
    (post,) = office.posts()
    assert (attempt["outcome"], attempt["provider_sid"]) == ("accepted", post.sid)
    (said,) = await office.log(text, "message.accepted.v1")
    assert said["providerSid"] == post.sid
    await office.sim.account.delivery.settled()
    assert [received.to for received in office.sim.texts()] == [office.number()]


@pytest.mark.parametrize("fault", ["drop", "5xx"])
async def test_what_was_not_created_is_sent_again_once_it_has_been_quiet_since_the_sender_gave_up(
    office: Office, fault: str
) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind=fault, number=office.number(), times=1))  # type: ignore[arg-type]
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await office.comes_to(text, "accepted")
    first, second = await office.attempts(text)
    assert (first["outcome"], second["outcome"]) == ("not-created", "accepted")
    assert second["started_at"] - first["closed_at"] > timedelta(seconds=0.6)
    assert [post.answer for post in office.posts()] == [fault, "created"]


async def test_a_text_of_no_use_any_more_is_not_sent(office: Office) -> None:
    text = await office.text()
    office.clock.now_ahead = timedelta(hours=3)
    async with office.at_work(office.sender()):
        await office.comes_to(text, "expired")
    assert office.posts() == []
    assert len(await office.log(text, "message.expired.v1")) == 1


async def test_a_text_that_waited_for_its_turn_too_long_is_not_written_to_the_wire(office: Office) -> None:
    first, second = await office.text(), await office.text()
    # The second is claimed with the first, and its turn comes a second later, when it is of no use any more.
    async with office.at_work(office.sender(per_second=1.0)):
        await office.comes_to(first, "accepted")
        office.clock.now_ahead = timedelta(hours=3)
        await office.comes_to(second, "expired")
    # A newer text may follow for the second customer: what is true now, in place of what is of no use any more.
    assert [len(office.posts(text)) for text in (first, second)] == [1, 0]
    assert [a["outcome"] for a in await office.attempts(second)] in ([], ["not-created"])


async def test_a_post_that_hangs_holds_up_no_other_text(office: Office) -> None:
    slow = await office.text()
    office.sim.break_things(Fault(kind="hang", number=office.number(), times=1))
    others = [await office.text() for _ in range(12)]
    # So long that however busy the machine is all others are through before it is given up.
    async with office.at_work(office.sender(at_once=4, post_seconds=20.0)):
        for text in others:
            await office.comes_to(text, "accepted")
        assert (await office.row(slow))["state"] == "sending"


async def test_the_next_text_goes_though_what_the_provider_said_of_the_last_is_not_written_down_yet(
    office: Office,
) -> None:
    texts = [await office.text() for _ in range(4)]
    async with office.at_work(office.sender(at_once=1)):
        # The write path is busy: what is decided waits for its turn.
        async with office.ingest.transaction.turn, asyncio.timeout(20):
            while not all(office.posts(text) for text in texts):
                await asyncio.sleep(0.01)
        for text in texts:
            await office.comes_to(text, "accepted")
    assert [len(office.posts(text)) for text in texts] == [1, 1, 1, 1]


async def test_where_nothing_can_be_written_down_for_long_posting_stops(office: Office) -> None:
    texts = [await office.text() for _ in range(UNWRITTEN + 3)]
    async with office.at_work(office.sender(at_once=1)):
        async with office.ingest.transaction.turn, asyncio.timeout(20):
            while len(office.posts()) < UNWRITTEN:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
            assert len(office.posts()) == UNWRITTEN
        for text in texts:
            await office.comes_to(text, "accepted")


async def test_a_contact_without_a_number_is_undelivered_and_it_is_said_why(office: Office) -> None:
    text = await office.text(number=False)
    async with office.at_work(office.sender()):
        await office.comes_to(text, "refused")
    (said,) = await office.log(text, "message.undelivered.v1")
    assert said["reason"] == "no-number"
    assert office.posts() == []


async def test_the_text_of_a_customer_erased_before_its_verdict_comes_to_an_end(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="drop", number=office.number()))
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await erase_customer(office.pool, "KC-01", office.clock.now())
        async with office.at_work(office.resolver(sender, quiet=0.2)):
            await office.comes_to(text, "refused")
    assert len(office.posts()) == 1


async def test_a_text_that_is_withdrawn_while_its_post_is_out_and_is_then_refused_comes_to_an_end(
    office: Office,
) -> None:
    text = await office.text()
    sender = office.sender()
    (claim,) = await sender.lanes["key"].claims.take(1, sender.owner)
    await office.say(claim.customer_id, power_back(claim.customer_id, office.clock.now(), timedelta()))
    assert (await office.row(text))["unwanted"] == "suppressed"
    refusal = SendRefused(reason="bad-number", http_status=400, code=21211, retry_after=None, scope="contact")
    await sender.recorder.refused(claim, refusal, RefusalHandling("over", "bad-number"), timedelta())
    row = await office.row(text)
    assert (row["state"], row["lease_until"]) == ("suppressed", None)
    assert row["closed_at"] is not None
    (attempt,) = await office.attempts(text)
    assert attempt["outcome"] == "refused"
    assert await office.log(text, "message.undelivered.v1") == [], "it had been withdrawn before"


async def test_a_second_provider_id_for_one_text_is_seen(office: Office) -> None:
    # The list lags longer than the quiet time: the one way to a double, and the reason why that time is measured.
    office.sim.settings.list_lag_seconds = 60.0
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", number=office.number(), times=1))
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.3)):
        await office.comes_to(text, "accepted")
    late, known = office.posts()
    receipt = ReceiptReceived(
        provider="twilio",
        provider_sid=str(late.sid),
        status="delivered",
        message_id=text,
        attempt=1,
        received_at=office.clock.now(),
    )
    await office.say("KC-01", receipt)
    await office.say("KC-01", receipt)
    (seen,) = await office.log(text, "text.doubled.v1")
    assert (seen["firstSid"], seen["secondSid"]) == (known.sid, late.sid)


async def test_a_message_that_is_known_as_one_texts_is_not_taken_for_another_and_parks_nobody(office: Office) -> None:
    first = await office.text()
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(first, "accepted")
    sid = str((await office.row(first))["provider_sid"])
    now = office.clock.now()
    later = msgspec.structs.replace(
        power_back("KC-01", now), status="out", restored_at=None, ert=now + timedelta(hours=9)
    )
    await office.say("KC-01", msgspec.structs.replace(later, trigger="ert.changed.v1"))
    second = await office.pool.fetchval("select message_id from notification where message_id <> $1", first)
    assert await sender.recorder.accepted(second, "KC-01", 1, sid, "look-up") == "anothers-message"
    assert await office.pool.fetchval("select count(*) from stream where parked_by is not null") == 0
    receipt = ReceiptReceived(
        provider="twilio",
        provider_sid=sid,
        status="delivered",
        message_id=second,
        attempt=1,
        received_at=office.clock.now(),
    )
    await office.say("KC-01", receipt)
    assert (await office.row(first))["state"] == "delivered"
    assert (await office.row(second))["provider_sid"] is None


@pytest.mark.parametrize("step", ["claimed", "posted"])
async def test_what_a_process_knows_of_a_post_waits_for_the_database_and_not_for_its_lease(
    office: Office, step: str
) -> None:
    """Else others would look it up, and wait for the quiet time where nothing was created: a minute and a half."""
    refused, taken = await office.text(), await office.text()
    office.sim.break_things(Fault(kind="throttle", seconds=1, number=office.number_of(1), times=1))
    sender = office.sender()
    async with connections_end_at(office, step), office.at_work(sender, office.resolver(sender, quiet=60.0)):
        for text in (refused, taken):
            await comes_to_through_it(office, text, claiming.LEASE.total_seconds() / 2)
    made = Counter(post.message_id for post in office.posts() if post.answer == "created")
    assert made == {refused: 1, taken: 1}
    for text in (refused, taken):
        (said,) = await office.log(text, "message.accepted.v1")
        assert said.get("foundBy", "answer") == "answer"


@contextlib.asynccontextmanager
async def connections_end_at(office: Office, step: str) -> AsyncIterator[None]:
    """As a step is first passed, the database is away for two seconds; the right to post is kept all the same."""
    name = await office.pool.fetchval("select current_database()")
    admin = await asyncpg.connect(office.dsn.replace(f"/{name}", "/postgres"))
    away: list[asyncio.Task[None]] = []

    async def goes_away() -> None:
        await admin.execute(f'alter database "{name}" set default_transaction_read_only = on')
        await admin.fetch(POOLED, name)
        await asyncio.sleep(2.0)
        await admin.execute(f'alter database "{name}" set default_transaction_read_only = off')
        await admin.fetch(POOLED, name)

    def reached(passed: str) -> None:
        if passed == step and not away:
            away.append(asyncio.get_running_loop().create_task(goes_away()))

    checkpoints.install(reached)
    try:
        yield
    finally:
        checkpoints.install(None)
        await asyncio.gather(*away)
        await admin.close()
    assert away


POOLED = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = $1 and not starts_with(application_name, 'outage-notifier-owner')"
)


async def comes_to_through_it(office: Office, text: str, seconds: float) -> None:
    """As `Office.comes_to`, by connections that may have been ended."""
    async with asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(*AWAY):
                await office.comes_to(text, "accepted", seconds)
                return
            await asyncio.sleep(0.1)
