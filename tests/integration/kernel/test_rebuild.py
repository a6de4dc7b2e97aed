"""A read model is rebuilt while readers and writers go on; readers are never turned away and never see an older state."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.kernel.clock import SystemClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projections import LogReader
from services.kernel.reading.projector import Projector
from services.kernel.reading.rebuild import NEAR, Progress, Rebuild, RebuildRefused, Rebuilt
from services.readmodels.promises import PromiseRows
from tests.kits.ctl import Ctl
from tests.kits.stack.ledger import Ledger, Promising, kept, ledger, made

EVENTS = 20_000
ROOT = Path(__file__).parents[3]


class Wider(PromiseRows):
    """A later version: a column more, in the middle, and one row fewer for each outage that begins with X."""

    version = 3
    ddl = PromiseRows.ddl.replace("customer_id text,", "customer_id text,\n  town text default '东江',")

    def fold(self, events: Any) -> Any:
        return [row for row in super().fold(events) if not row.promise_id.startswith("X")]


@pytest.fixture
async def book(postgres: str) -> AsyncIterator[Ledger]:
    async with ledger(postgres) as opened:
        yield opened


async def keep_up(book: Ledger) -> None:
    one = Projector(Promising(), book.pool, Telemetry("toy"), wake=asyncio.Event())
    while await one.once():
        pass


async def rebuild(book: Ledger, model: PromiseRows | None = None, **words: Any) -> Rebuilt:
    writer, reader = await book.connect(), await book.connect()
    try:
        made_anew = Rebuild(
            "toy",
            model or PromiseRows(),
            SystemClock(),
            on_progress=words.get("on_progress", lambda _: None),
            batch=words.get("batch", 1_000),
        )
        return await made_anew.run(writer, reader, anew=words.get("anew", False))
    finally:
        await writer.close()
        await reader.close()


async def write_many(book: Ledger, promises: Sequence[str]) -> None:
    """Each promise made, then kept."""
    for begin in range(0, len(promises), 500):
        part = promises[begin : begin + 500]
        await book.append(*(made(one) for one in part))
        await book.append(*(kept(one) for one in part))


async def test_readers_poll_and_writers_append_all_through_a_rebuild_and_nobody_is_turned_away(book: Ledger) -> None:
    await write_many(book, [f"F-{n}/r/1" for n in range(EVENTS // 2)])
    await keep_up(book)
    stop = asyncio.Event()
    projector = Projector(Promising(), book.pool, Telemetry("toy"), wake=asyncio.Event(), poll_seconds=0.02)
    tasks = [
        asyncio.create_task(projector.run()),
        asyncio.create_task(_write_on(book, stop)),
        *(asyncio.create_task(_poll(book, stop)) for _ in range(2)),
    ]
    seen: list[Progress] = []
    built = await rebuild(book, on_progress=seen.append, batch=2_000)
    await asyncio.sleep(0.3)  # readers and writers go on behind the flip
    stop.set()
    written, *reads = await asyncio.gather(*tasks[1:])
    assert written > 0
    assert all(count > 5 for count in reads)
    assert built.table == "promise_v2_2"
    assert built.events >= EVENTS
    positions = [one.position for one in seen]
    assert positions == sorted(positions)
    assert positions[0] < EVENTS <= positions[-1]
    assert all(one.rate > 0 and one.seconds_left is not None for one in seen)
    async with asyncio.timeout(60):
        while (await book.standing())["cursor"] < await book.connection.fetchval("select max(position) from event"):
            await asyncio.sleep(0.05)
    tasks[0].cancel()
    await _equals_a_replay(book)
    assert await book.tables() == {"promise_v2_2"}


async def _write_on(book: Ledger, stop: asyncio.Event) -> int:
    number = 0
    while not stop.is_set():
        number += 1
        await book.append(made(f"G-{number}/r/1"))
        if number > 3:
            await book.append(kept(f"G-{number - 3}/r/1"))
    return number


async def _poll(book: Ledger, stop: asyncio.Event) -> int:
    """Read until stopped; each read succeeds, and none shows less than the one before."""
    connection = await book.connect()
    reads, before = 0, (0, 0, 0)
    try:
        while not stop.is_set():
            row = await connection.fetchrow(
                "select count(*), count(*) filter (where state = 'kept'), coalesce(max(position), 0) from promise"
            )
            assert row is not None
            now = tuple(row)
            assert all(later >= earlier for later, earlier in zip(now, before, strict=True)), (before, now)
            before, reads = now, reads + 1
    finally:
        await connection.close()
    return reads


async def _equals_a_replay(book: Ledger) -> None:
    """The view is what the whole log gives when it is folded in one go."""
    model = PromiseRows()
    reading = LogReader(model)
    rows = await book.connection.fetch(
        "select position, stream_id, type, data, decided_at from event order by position"
    )
    whole = {(row.promise_id, row.state, row.position) for row in model.fold(reading.events(rows))}
    assert set(await book.view("promise_id, state, position")) == whole


async def test_a_new_version_with_other_columns_takes_the_place_of_the_old_one(book: Ledger) -> None:
    await book.append(made("F-1/r/1"), made("X-1/r/1"))
    await keep_up(book)
    assert [row[0] for row in await book.view()] == ["F-1/r/1", "X-1/r/1"]
    built = await rebuild(book, Wider())
    assert (built.table, built.dropped) == ("promise_v3", ("promise_v2",))
    assert await book.view("promise_id, town") == [("F-1/r/1", "东江")]
    assert (await book.standing())["version"] == 3
    allowed = await book.connection.fetchval("select has_table_privilege('outage_toy', 'promise', 'select')")
    writes = await book.connection.fetchval("select has_table_privilege('outage_toy', 'promise_v3', 'insert, update')")
    assert (allowed, writes) == (True, True)


async def test_a_rebuild_that_was_killed_goes_on_where_it_was_and_readers_saw_nothing_of_it(book: Ledger) -> None:
    await write_many(book, [f"F-{n}/r/1" for n in range(2_500)])
    await keep_up(book)
    before = await book.view()
    script = (
        "import asyncio, os, signal, sys\n"
        "import asyncpg\n"
        "from services.kernel.clock import SystemClock\n"
        "from services.kernel.reading.rebuild import Rebuild\n"
        "from services.readmodels.promises import PromiseRows\n"
        "async def go():\n"
        "    words = {'search_path': 'toy'}\n"
        "    writer, reader = [await asyncpg.connect(sys.argv[1], server_settings=words) for _ in range(2)]\n"
        "    def die(at):\n"
        "        if at.position >= 2000: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    await Rebuild('toy', PromiseRows(), SystemClock(), on_progress=die, batch=1000).run(writer, reader)\n"
        "asyncio.run(go())\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, book.address, cwd=ROOT, env=dict(os.environ)
    )
    assert await child.wait() == -signal.SIGKILL
    assert await book.view() == before
    assert (await book.standing())["table_name"] == "promise_v2"
    built = await _when_free(book)
    assert built.resumed
    assert built.table == "promise_v2_2"
    assert 0 < built.events <= 3_000
    assert await book.view() == before


async def _when_free(book: Ledger) -> Rebuilt:
    """The server needs a moment to see that the killed client is gone."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await rebuild(book)
            except RebuildRefused:
                await asyncio.sleep(0.1)


async def test_a_rebuild_that_was_broken_off_can_be_begun_anew(book: Ledger) -> None:
    await write_many(book, [f"F-{n}/r/1" for n in range(1_500)])

    class Broken(Exception):
        """The operator pressed Ctrl-C."""

    def stop(_: Progress) -> None:
        raise Broken

    with pytest.raises(Broken):
        await rebuild(book, on_progress=stop)
    built = await rebuild(book, anew=True)
    assert not built.resumed
    assert built.events == 3_000
    assert len(await book.view()) == 1_500
    assert await book.tables() == {built.table}


async def test_two_rebuilds_of_one_read_model_at_once_are_refused(book: Ledger) -> None:
    await write_many(book, [f"F-{n}/r/1" for n in range(1_000)])
    refusals: list[BaseException] = []
    first = asyncio.Event()

    async def second() -> None:
        await first.wait()
        try:
            await rebuild(book)
        except RebuildRefused as error:
            refusals.append(error)

    other = asyncio.create_task(second())
    writer, reader = await book.connect(), await book.connect()
    # The first waits here, with its lock, until the second was refused.
    await reader.execute("begin; lock table event in access exclusive mode")
    holding = await book.connect()
    running = asyncio.create_task(Rebuild("toy", PromiseRows(), SystemClock()).run(writer, holding))
    async with asyncio.timeout(60):
        while not await book.connection.fetchval(
            "select count(*) from pg_locks where locktype = 'advisory' and granted"
        ):
            await asyncio.sleep(0.02)
        first.set()
        await other
    await reader.execute("rollback")
    await running
    assert "is being rebuilt by somebody else" in str(refusals[0])
    assert len(await book.view()) == 1_000


async def test_a_flip_gives_way_to_a_long_reader_and_happens_when_it_has_gone(book: Ledger) -> None:
    await write_many(book, ["F-1/r/1"])
    await keep_up(book)
    long_one = await book.connect()
    reading = long_one.transaction()
    await reading.start()
    await long_one.fetch("select * from promise")
    running = asyncio.create_task(rebuild(book))
    async with asyncio.timeout(60):
        while not await book.connection.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.02)
        # The flip waits; it must have let go of readers and writers before long.
        await book.append(made("F-2/r/1"))
        assert await book.view()
        assert not running.done()
        await reading.rollback()
        built = await running
    await long_one.close()
    assert built.table == "promise_v2_2"
    assert await book.view() == [("F-1/r/1", "kept"), ("F-2/r/1", "made")]


class _SlowToIndex:
    """A connection on which making an index takes so long that much is appended meanwhile."""

    def __init__(self, connection: asyncpg.Connection, book: Ledger) -> None:
        self._connection, self._book = connection, book

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, statement: str, *arguments: Any) -> Any:
        if "_open on" in statement:
            await write_many(self._book, [f"F-{n}/r/2" for n in range(NEAR)])
        return await self._connection.execute(statement, *arguments)


async def test_what_came_while_indexes_were_made_is_read_before_writers_are_held(book: Ledger) -> None:
    await write_many(book, ["F-1/r/1"])
    writer, reader = await book.connect(), await book.connect()
    one = Rebuild("toy", PromiseRows(), SystemClock())
    left: list[int] = []
    flip = one._flip

    async def flipped(connection: asyncpg.Connection, table: str) -> int:
        cursor = await reader.fetchval("select cursor from projection where table_name = $1", table)
        left.append(await reader.fetchval("select count(*) from event where position > $1", cursor))
        return await flip(connection, table)

    one._flip = flipped  # type: ignore[method-assign, assignment]
    await one.run(_SlowToIndex(writer, book), reader)  # type: ignore[arg-type]
    assert len(await book.view()) == NEAR + 1
    assert left == [0], "so many events would have been read while all writers wait"


async def test_code_that_knows_the_new_version_writes_it_after_the_flip(book: Ledger) -> None:
    await book.append(made("F-1/r/1"))
    newer = Projector(Promising(Wider()), book.pool, Telemetry("toy"), wake=asyncio.Event())
    assert not await newer.once()
    await rebuild(book, Wider())
    await book.append(kept("F-1/r/1"))
    while await newer.once():
        pass
    assert await book.view() == [("F-1/r/1", "kept")]


@pytest.fixture
async def restorer(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    """The restorer's schema as `outagectl migrate` makes it."""
    from tests.kits.stack.databases import database  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    async with database(postgres) as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        assert (await Ctl().run("migrate"))[0] == 0
        connection = await asyncpg.connect(address, server_settings={"search_path": "restorer"})
        yield connection
        await connection.close()


async def test_the_command_rebuilds_lists_and_names_what_it_does_not_know(
    restorer: asyncpg.Connection, ctl: Ctl
) -> None:
    rows = await ctl.json("rebuild")
    assert [(row["service"], row["name"], row["state"], row["lag"]) for row in rows] == [
        ("planner", "notice", "live", 0),
        ("planner", "place", "live", 0),
        ("planner", "promise", "live", 0),
        ("notifier", "promise", "live", 0),
        ("restorer", "place", "live", 0),
        ("restorer", "promise", "live", 0),
    ]
    (done,) = await ctl.json("rebuild", "promise", "--service", "restorer")
    assert (done["service"], done["table"], done["dropped"]) == ("restorer", "promise_v2_2", ["promise_v2"])
    code, said, _ = await ctl.said("rebuild", "promise")
    assert (code, "planner: promise is read from promise_v2_2 now" in said) == (0, True)
    code, said, _ = await ctl.said("rebuild")
    assert (code, "promise_v2_3" in said) == (0, True)
    code, _, said = await ctl.said("rebuild", "nobody")
    assert (code, "there are notice, place, promise" in said) == (3, True)


async def test_an_audit_finds_a_row_that_the_log_does_not_give_and_a_cursor_beyond_it(
    restorer: asyncpg.Connection, ctl: Ctl
) -> None:
    book = Ledger(os.environ["OUTAGE_POSTGRES"], restorer, None)  # type: ignore[arg-type]
    await book.append(made("F-1/r/1"), made("F-2/r/1"), connection=restorer)
    assert (await ctl.run("rebuild", "promise", "--service", "restorer"))[0] == 0
    assert await _read_model_faults(ctl) == []
    await restorer.execute("update promise_v2_2 set state = 'kept' where promise_id = 'F-2/r/1'")
    await restorer.execute("update projection set cursor = 99 where name = 'promise'")
    beyond, wrong = await _read_model_faults(ctl)
    assert "beyond the log" in beyond
    assert "F-2/r/1 is not what the log says" in wrong


async def _read_model_faults(ctl: Ctl) -> list[str]:
    report = json.loads((await ctl.said("audit", "--service", "restorer", "--json")).out)
    (check,) = [one for one in report["checks"] if one["check"] == "read-models"]
    faults: list[str] = check["faults"]
    return faults


async def test_promises_are_listed_by_state_and_rule_and_counted_by_rule(
    restorer: asyncpg.Connection, ctl: Ctl
) -> None:
    book = Ledger(os.environ["OUTAGE_POSTGRES"], restorer, None)  # type: ignore[arg-type]
    await book.append(made("F-1/r/1"), made("F-2/r/1"), kept("F-2/r/1"), connection=restorer)
    assert (await ctl.run("rebuild", "promise", "--service", "restorer"))[0] == 0
    (one,) = await ctl.json("promises", "--open")
    assert (one["mRID"], one["state"], one["ruleId"]) == ("F-1", "made", "cn.restore.one-working-day")
    (rate,) = await ctl.json("promises", "--rates")
    assert (rate["made"], rate["open"], rate["kept"], rate["rate"]) == (2, 1, 1, 1.0)
    code, said, _ = await ctl.said("promises", "--broken")
    assert (code, "No such promise." in said) == (0, True)
    code, said, _ = await ctl.said("promises")
    assert (code, "1个工作日内恢复供电" in said) == (0, True)
    assert (await ctl.run("promises", "--open", "--broken"))[0] == 2
