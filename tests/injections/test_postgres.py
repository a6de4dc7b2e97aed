"""Injections 10-13: the database loses an answer, fails over, has no connection left or no room. Texts wait, and go once."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from devstack.twilio.faults import Fault
from services.notifier.app import Notifier
from services.notifier.sending import claiming
from services.notifier.sending.sender import Sender
from tests.kits.stack.databases import pool_in, worker
from tests.kits.stack.injecting.calling_back import called_back
from tests.kits.stack.injecting.cut_commits import wire_to
from tests.kits.stack.injecting.lone_sender import OTHERS_SESSIONS
from tests.kits.stack.sending import POST_SECONDS, PROMPT, PROOF, VOICE, Office
from tests.kits.waiting import until

FAILING = """
create sequence failing_write;
create table failing (sqlstate text, until_write int);
create function fail_write() returns trigger language plpgsql as $$
declare wanted failing;
begin
  select * into wanted from failing;
  if found and nextval('failing_write') <= wanted.until_write then
    raise exception using errcode = wanted.sqlstate, message = 'said by the database';
  end if;
  return new;
end
$$;
create trigger fail_write before insert or update on attempt for each row execute function fail_write();
create trigger fail_write before insert on event for each row execute function fail_write();
"""
"""The first writes of attempts and events fail as the table `failing` says; a sequence counts on through what is rolled back."""


@asynccontextmanager
async def process(office: Office, dsn: str, *, most: int = 6, **more: Any) -> AsyncIterator[Sender]:
    """A notifier's sender and resolver with connections of their own, as another process has them."""
    async with contextlib.AsyncExitStack() as exits:
        pool = await pool_in(dsn, "notifier", most=most)
        exits.push_async_callback(pool.close)
        ingest = await worker(Notifier(VOICE, telling=PROMPT), pool, office.clock)
        given = {"per_second": 200.0} | more
        sender = Sender(ingest, pool, office.provider(POST_SECONDS), office.vault, office.clock, **given)
        other = Office(dsn, pool, office.sim, ingest, office.clock, office.vault, exits, office.folder)
        tasks = [asyncio.create_task(sender.run(dsn)), asyncio.create_task(other.resolver(sender, quiet=0.4).run())]
        try:
            yield sender
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended


async def each_went_once(office: Office, texts: list[str], seconds: float = 20) -> None:
    """Each is taken, and was made once."""
    for text in texts:
        await office.comes_to(text, "accepted", seconds)
    made = Counter(post.message_id for post in office.posts() if post.answer.startswith("created"))
    assert made == dict.fromkeys(texts, 1)


async def nothing_is_parked(office: Office) -> None:
    """No valid word was condemned for what the database said."""
    assert await office.pool.fetchval("select count(*) from stream where parked_by is not null") == 0
    assert await office.pool.fetchval("select count(*) from quarantine") == 0


@pytest.mark.injection(10)
@pytest.mark.parametrize("first", [1, 2, 3])
async def test_10_commits_whose_answers_are_lost_are_done_once(office: Office, first: int) -> None:
    texts = [await office.text() for _ in range(6)]
    async with wire_to(office.dsn) as (wire, dsn), process(office, dsn, at_once=2):
        # Of claims, of outcomes, of whatever is committed just then.
        wire.cut |= {wire.commits + first + 3 * turn for turn in range(4)}
        await each_went_once(office, texts, 15)
        assert wire.lost == 4
    await nothing_is_parked(office)


@pytest.mark.injection(11)
async def test_11_a_server_that_fails_over_to_one_that_may_not_write_yet(office: Office) -> None:
    texts = [await office.text() for _ in range(4)]
    name = await office.pool.fetchval("select current_database()")
    admin = await asyncpg.connect(office.dsn.replace(f"/{name}", "/postgres"))
    try:
        async with process(office, office.dsn, proof=PROOF):
            await each_went_once(office, texts)
            texts += [await office.text() for _ in range(4)]
            await admin.execute(f'alter database "{name}" set default_transaction_read_only = on')
            await admin.fetch(OTHERS_SESSIONS, name)
            await asyncio.sleep(1.5)
            await admin.execute(f'alter database "{name}" set default_transaction_read_only = off')
            await admin.fetch(OTHERS_SESSIONS, name)
            await asyncio.sleep(0.2)
            for text in texts:
                await comes_to_through_it(office, text)
    finally:
        await admin.close()
    await each_went_once(office, texts)
    await nothing_is_parked(office)


async def comes_to_through_it(office: Office, text: str) -> None:
    """As `Office.comes_to`, by connections that may have been ended."""
    async with asyncio.timeout(25):
        while True:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await office.comes_to(text, "accepted", 20)
                return
            await asyncio.sleep(0.1)


@pytest.mark.injection(11)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
async def test_11_conflicts_are_tried_again_and_condemn_nothing(office: Office, sqlstate: str) -> None:
    texts = [await office.text() for _ in range(6)]
    await office.pool.execute(FAILING)
    await office.pool.execute("insert into failing values ($1, 4)", sqlstate)
    async with process(office, office.dsn):
        await each_went_once(office, texts)
    await nothing_is_parked(office)


@pytest.mark.injection(13)
async def test_13_a_full_disk_holds_texts_until_there_is_room_and_doubles_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An outcome that could not be written is looked up once the claim is over.
    monkeypatch.setattr(claiming, "LEASE", timedelta(seconds=4))
    texts = [await office.text() for _ in range(6)]
    office.sim.break_things(Fault(kind="created-late", number=office.number_of(1), times=1, seconds=0.6))
    await office.pool.execute(FAILING)
    async with process(office, office.dsn):
        await until(lambda: len(office.posts(texts[0])) == 1)
        await office.pool.execute("insert into failing values ('53100', 1000000)")
        texts += [await late_text(office) for _ in range(2)]
        await asyncio.sleep(1.5)
        await office.pool.execute("delete from failing")
        await each_went_once(office, texts)
    await nothing_is_parked(office)


async def late_text(office: Office) -> str:
    """A text asked for while the disk is full: it is taken once there is room."""
    await office.pool.execute("alter table event disable trigger fail_write")
    text = await office.text()
    await office.pool.execute("alter table event enable trigger fail_write")
    return text


@pytest.mark.injection(12)
async def test_12_a_storm_of_callbacks_with_no_connection_left_loses_no_receipt_and_doubles_no_text(
    office: Office,
) -> None:
    async with contextlib.AsyncExitStack() as exits:
        pool = await pool_in(office.dsn, "notifier", most=2)
        exits.push_async_callback(pool.close)
        ingest = await worker(Notifier(VOICE, telling=PROMPT), pool, office.clock)
        async with called_back(office, ingest=ingest) as gateway:
            office.sim.break_things(Fault(kind="callback-doubled"))
            texts = [await office.text() for _ in range(30)]
            sender = Sender(ingest, pool, office.provider(), office.vault, office.clock, per_second=200.0)
            async with office.at_work(sender, office.resolver(sender)):
                await until(lambda: len(office.posts()) >= 5)
                # Whoever has them keeps them for a while.
                held = [await pool.acquire() for _ in range(2)]
                await asyncio.sleep(1.0)
                for connection in held:
                    await pool.release(connection)
                for text in texts:
                    await office.comes_to(text, "delivered", 20)
                await gateway.is_read()
    made = Counter(post.message_id for post in office.posts())
    assert made == dict.fromkeys(texts, 1)
    assert {(await office.row(text))["state"] for text in texts} == {"delivered"}
