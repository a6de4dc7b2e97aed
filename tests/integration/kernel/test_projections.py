"""A read model follows the log: in order, once, by turns, and never further than its code knows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import asyncpg
import pytest

from services.kernel.reading.projections import SQL, ReadModel
from services.kernel.reading.projector import Projector
from services.readmodels.promises import PromiseRows
from tests.kits.kernel.toy import START
from tests.kits.stack.ledger import Ledger, Promising, at_risk, broken, corrected, kept, ledger, made


@pytest.fixture
async def book(postgres: str) -> AsyncIterator[Ledger]:
    async with ledger(postgres) as opened:
        yield opened


def projector(book: Ledger, *models: ReadModel) -> Projector:
    return Projector(Promising(*models), book.pool, book.telemetry, wake=asyncio.Event())


async def keep_up(one: Projector) -> None:
    while await one.once():
        pass


async def test_a_promise_shows_how_it_stands_and_on_what_proof(book: Ledger) -> None:
    await book.append(made("F-1/r/1"), made("F-2/r/1"), made("F-3/r/1"), made("F-4/r/1"))
    await book.append(at_risk("F-2/r/1"), kept("F-3/r/1"), at_risk("F-4/r/1"), broken("F-4/r/1"))
    await keep_up(projector(book))
    assert await book.view() == [
        ("F-1/r/1", "made"),
        ("F-2/r/1", "atRisk"),
        ("F-3/r/1", "kept"),
        ("F-4/r/1", "broken"),
    ]
    row = (await book.connection.fetch("select * from promise where mrid = 'F-3'"))[0]
    assert (row["rule_id"], row["policy_version"], row["calendar_version"]) == (
        "cn.restore.one-working-day",
        "2026.1",
        "CN-2026",
    )
    assert (row["made_at"], row["due_at"], row["verdict_at"]) == (
        START,
        START + timedelta(hours=24),
        START + timedelta(hours=2),
    )
    assert row["evidence"] == '["/dispatch/east/7"]'


async def test_words_that_come_batches_apart_give_the_row_they_give_together(book: Ledger) -> None:
    words = (made("F-1/r/1"), at_risk("F-1/r/1"), broken("F-1/r/1"), corrected("F-1/r/1"))
    one = projector(book)
    for word in words:
        await book.append(word)
        await keep_up(one)
    await book.append(*(type(word)(**{**_fields(word), "promise_id": "F-1/r/2"}) for word in words))
    await keep_up(one)
    apart, together = await book.view(
        "state, obligation, made_at, warned_at, verdict_at, reason, evidence, unproven, corrected_from"
    )
    assert apart == together
    assert (apart[0], apart[7], apart[8]) == ("kept", True, "broken")


def _fields(word: Any) -> dict[str, Any]:
    return {name: getattr(word, name) for name in word.__struct_fields__}


async def test_a_warning_that_comes_after_a_verdict_changes_no_verdict(book: Ledger) -> None:
    one = projector(book)
    await book.append(made("F-1/r/1"), kept("F-1/r/1"))
    await keep_up(one)
    await book.append(at_risk("F-1/r/1"))
    await keep_up(one)
    assert await book.view() == [("F-1/r/1", "kept")]


async def test_processes_take_turns_and_no_event_is_folded_twice(book: Ledger) -> None:
    for number in range(40):
        await book.append(*(made(f"F-{number}/r/{n}") for n in range(60)))
    seen: list[int] = []

    class Counting(PromiseRows):
        def fold(self, events: Any) -> Any:
            seen.extend(event.position for event in events)
            return super().fold(events)

    model = Counting()
    # Not projectors of one process: each has its own telemetry, as processes have.
    others = [Projector(Promising(model), book.pool, _telemetry(), wake=asyncio.Event()) for _ in range(3)]
    while (await book.standing())["cursor"] < 2_400:
        await asyncio.gather(*(other.once() for other in others))
    assert sorted(seen) == list(range(1, 2_401))
    assert len(await book.view()) == 2_400


def _telemetry() -> Any:
    from services.kernel.observing.telemetry import Telemetry  # noqa: PLC0415

    return Telemetry("toy")


async def test_a_projector_that_runs_is_woken_by_what_is_appended(book: Ledger) -> None:
    wake = asyncio.Event()
    one = Projector(Promising(), book.pool, book.telemetry, wake=wake, poll_seconds=3600)
    running = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(30):
            while b'outage_projection_unknown_version{projection="promise"} 0.0' not in book.telemetry.render():
                await asyncio.sleep(0.02)
            await book.append(made("F-1/r/1"))
            while not await book.view():
                wake.set()
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
    assert b'outage_projection_lag_events{projection="promise"} 0.0' in book.telemetry.render()


async def test_what_a_read_model_does_not_read_moves_it_on_without_a_turn_of_its_own(book: Ledger) -> None:
    class Made(PromiseRows):
        reads = MappingProxyType({"promise.made.v1": PromiseRows.reads["promise.made.v1"]})

    one, asked = projector(book, Made()), []
    await book.append(made("F-1/r/1"))
    await keep_up(one)
    await book.append(kept("F-1/r/1"))
    other = await book.connect()
    async with other.transaction():
        await other.execute("select from projection for no key update")
        async with asyncio.timeout(5):
            assert await one.once() is None, "another process is at it, and is not waited for"
        assert (await book.standing())["cursor"] == 1
    await other.close()
    async with book.pool.acquire() as connection:
        connection.add_query_logger(asked.append)
    await keep_up(one)
    assert [said.query for said in asked if said.query == SQL["follow"]]
    assert not [said.query for said in asked if said.query == SQL["take_turn"]]
    assert (await book.standing())["cursor"] == 2
    assert await book.view() == [("F-1/r/1", "made")], "it did not read that it was kept"


async def test_code_of_another_version_leaves_the_live_table_as_it_stands_and_says_so(
    book: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    await book.append(made("F-1/r/1"))
    await keep_up(projector(book))

    class Newer(PromiseRows):
        version = 3

    await book.append(made("F-2/r/1"))
    newer = Projector(Promising(Newer()), book.pool, _telemetry(), wake=asyncio.Event())
    await keep_up(newer)
    assert await book.view() == [("F-1/r/1", "made")]
    assert b'unknown_version{projection="promise"} 1.0' in newer._telemetry.render()
    assert "outagectl rebuild promise" in "".join(capsys.readouterr())


async def test_a_fault_in_a_read_model_moves_nothing_and_is_tried_again(book: Ledger) -> None:
    await book.append(made("F-1/r/1"))
    broken_once = [True]

    class Faulty(PromiseRows):
        def fold(self, events: Any) -> Any:
            if broken_once.pop() if broken_once else False:
                raise ZeroDivisionError("a bug in fold")
            return super().fold(events)

    one = Projector(Promising(Faulty()), book.pool, book.telemetry, wake=asyncio.Event(), poll_seconds=0.02)
    running = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(30):
            while not await book.view():
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
    assert (await book.standing())["cursor"] == 1
    assert not broken_once


async def test_a_read_model_that_fails_for_good_does_not_hold_up_the_others(postgres: str) -> None:
    class Hopeless(PromiseRows):
        name = "hopeless"

        def fold(self, events: Any) -> Any:
            raise ZeroDivisionError("a bug in fold")

    async with ledger(postgres, models=(Hopeless(), PromiseRows())) as book:
        await book.append(made("F-1/r/1"))
        service = Promising(Hopeless(), PromiseRows())
        one = Projector(service, book.pool, book.telemetry, wake=asyncio.Event(), poll_seconds=0.02)
        running = asyncio.create_task(one.run())
        try:
            async with asyncio.timeout(30):
                while not await book.view():
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()


async def test_a_services_role_folds_but_makes_no_table(book: Ledger) -> None:
    await book.append(made("F-1/r/1"))
    async with asyncpg.create_pool(
        book.address, min_size=1, max_size=2, server_settings={"search_path": "toy", "role": "outage_toy"}
    ) as pool:
        await keep_up(Projector(Promising(), pool, book.telemetry, wake=asyncio.Event()))
        assert await pool.fetchval("select state from promise") == "made"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("create table mine (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("delete from promise")
