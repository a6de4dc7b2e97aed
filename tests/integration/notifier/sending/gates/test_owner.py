"""The sender fences itself: who loses the owner lock, or sleeps while others take it, writes nothing of its old number."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import psutil
import pytest

from devstack.twilio.faults import Fault
from services.notifier.sending import claiming, sender
from tests.kits.stack.injecting.lone_sender import OTHERS_SESSIONS, end_owners
from tests.kits.stack.sending import PROOF, Office
from tests.kits.waiting import until


async def test_losing_the_lock_ends_the_post_under_way_and_the_process_goes_on_with_a_new_number(
    office: Office,
) -> None:
    slow = await office.text()
    office.sim.break_things(Fault(kind="hang", number=office.number(), times=1))
    sender = office.sender(proof=PROOF)
    before = sender.owner
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await until(lambda: len(office.posts()) == 1)
        await end_owners(office)
        await until(lambda: not sender.in_flight, 1.0)
        await until(sender._lock.stands)
        assert sender.owner != before
        await office.comes_to(slow, "accepted")
        other = await office.text()
        await office.comes_to(other, "accepted")
    # Under load an attempt may be put back before it is written; these two were posted.
    first, second = (await office.attempts(slow))[-2:]
    assert (first["owner"], first["outcome"]) == (before, "not-created")
    assert (second["owner"], second["outcome"]) == (sender.owner, "accepted")
    assert [post.answer for post in office.posts(slow)] == ["hang", "created"]


async def test_a_post_called_back_after_it_was_made_is_found_and_not_sent_again(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-hang", number=office.number(), times=1))
    sender = office.sender(proof=PROOF)
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await until(lambda: len(office.posts()) == 1)
        await end_owners(office)
        await office.comes_to(text, "accepted")
    assert len(office.posts()) == 1
    assert (await office.log(text, "message.accepted.v1"))[0]["foundBy"] == "look-up"


async def test_the_sender_lives_through_an_outage_of_postgres(office: Office) -> None:
    sender = office.sender(proof=PROOF)
    name = await office.pool.fetchval("select current_database()")
    admin = await asyncpg.connect(office.dsn.replace(f"/{name}", "/postgres"))
    try:
        async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
            first = await office.text()
            await office.comes_to(first, "accepted")
            before = sender.owner
            await admin.execute(f'alter database "{name}" allow_connections false')
            await admin.fetch(OTHERS_SESSIONS, name)
            await asyncio.sleep(1.0)
            assert not sender._lock.stands()
            await admin.execute(f'alter database "{name}" allow_connections true')
            await until(sender._lock.stands, 10)
            second = await office.text()
            await office.comes_to(second, "accepted", 15)
            assert sender.owner != before
    finally:
        await admin.execute(f'alter database "{name}" allow_connections true')
        await admin.close()


async def test_an_attempt_that_hangs_does_not_keep_its_text_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "POST_WITHIN_SECONDS", 2.5)
    monkeypatch.setattr(sender, "HANGS_SECONDS", 3.0)
    monkeypatch.setattr(claiming, "LEASE", timedelta(seconds=3.5))
    first, second = await office.text(), await office.text()
    hands = office.sender(proof=PROOF, per_second=1.0)
    async with office.at_work(hands, office.resolver(hands, quiet=0.6)):
        await office.comes_to(first, "accepted")
        await office.comes_to(second, "sending")  # there it waits for its turn of the pace
        async with reading_stops(office) as stopped:
            await office.comes_to(second, "accepted", 20.0)
            assert stopped.status() == psutil.STATUS_STOPPED
    assert [attempt["outcome"] for attempt in await office.attempts(second)] == ["not-created", "accepted"]
    assert len(office.posts(second)) == 1


@contextlib.asynccontextmanager
async def reading_stops(office: Office) -> AsyncIterator[psutil.Process]:
    """The process of the database that reads a number next is stopped for good: it says nothing, and its line stands."""
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%v.sealed%'"
    holder = await asyncpg.connect(office.dsn, server_settings={"search_path": "notifier"})
    async with holder.transaction():
        await holder.execute("lock table contact_vault in access exclusive mode")
        async with asyncio.timeout(10):
            while (pid := await office.pool.fetchval(waiting)) is None:
                await asyncio.sleep(0.02)
        process = psutil.Process(pid)
        process.suspend()
    await holder.close()
    try:
        yield process
    finally:
        process.resume()
