"""The inbox forgets what is old, in small steps; nothing is counted twice for it, and the audit still knows its way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from operations.system.fences import as_asked, standings
from operations.system.location import Where
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.model import Message
from services.kernel.operators.shared_actions import ACCEPT
from services.kernel.streams.earlier_decisions import IN_THE_LOG
from services.kernel.upkeep.prune import WITHIN, Pruned, Pruner
from tests.kits.kernel.asked import ask
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import Bench, toy_bench

PLACE = ("outage.dispatch", 0)
DAYS = 90


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        yield made


def pruner(bench: Bench, **more: Any) -> Pruner:
    given: dict[str, Any] = {"inbox_days": DAYS, "quarantine_days": DAYS, "pause": 0.0} | more
    return Pruner("toy", bench.pool, bench.clock, **given)


async def take(bench: Bench, *ids: str, subject: str | None = None, mrid: str = "o1", at: Any = None) -> None:
    records = [
        tell(
            bench.broker,
            "enquiry.received.v1",
            EnquiryReceived(mrid=mrid, enquiry_id="e", received_at=START, subject=subject),
            id=id_,
            at=at or bench.clock.now(),
        )
        for id_ in ids
    ]
    await bench.ingest.take(records)


async def count(bench: Bench, table: str) -> int:
    return int(await bench.connection.fetchval(f"select count(*) from {table}"))


async def test_old_rows_go_in_small_steps_and_young_ones_stay(bench: Bench) -> None:
    await take(bench, *(f"old-{n}" for n in range(7)))
    await take(bench, "old-1", "old-2")  # sent again: skipped as duplicates
    bench.broker.gap(PLACE, 2)
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, *(f"young-{n}" for n in range(3)), "young-0")
    assert await pruner(bench, step=3).once() == Pruned(inbox=7, skipped=3)
    assert await count(bench, "inbox") == 3
    rows = await bench.connection.fetch("select from_offset, reason from skipped")
    assert [tuple(row) for row in rows] == [(14, "duplicate")]
    assert await pruner(bench).once() == Pruned(), "nothing is left to do"
    assert await bench.faults() == {}
    fence, causes = await bench.check("fence"), await bench.check("causes")
    assert (fence.checked, fence.notes["pruned"]) == (4, 11)
    assert causes.notes == {"events older than the pruned inbox": 7}


async def test_the_audit_passes_at_every_step_of_a_round_that_was_cut_short(bench: Bench) -> None:
    await take(bench, *(f"old-{n}" for n in range(5)))
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, "young")
    cut = pruner(bench, step=2, pause=3600.0)
    task = asyncio.create_task(cut.once())
    async with asyncio.timeout(30):
        while await count(bench, "inbox") == 6:
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await count(bench, "inbox") == 4
    assert await bench.faults() == {}


async def test_above_the_horizon_a_lost_row_is_still_found(bench: Bench) -> None:
    await take(bench, "old")
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, "young-1", "young-2")
    await pruner(bench).once()
    await bench.connection.execute("delete from inbox where id = 'young-1'")
    found = await bench.faults()
    assert found["fence"] == ["outage.dispatch[0] 1 to 2: nothing says what became of them"]
    assert found["causes"] == ["/dispatch/east/young-1 made 1 events, but was never taken"]


async def test_an_event_sent_again_after_it_was_forgotten_is_found_in_the_log(bench: Bench) -> None:
    sent = START
    await take(bench, "a", at=sent)
    await take(bench, "quiet", subject="ignore", at=sent)
    bench.clock.advance(timedelta(days=DAYS + 1))
    await pruner(bench).once()
    assert await count(bench, "inbox") == 0
    await take(bench, "a", at=sent)
    await take(bench, "quiet", subject="ignore", at=sent)
    assert await count(bench, "event") == 1, "no second effect"
    rows = await bench.connection.fetch("select id, outcome, reason, events from inbox order by id")
    assert [tuple(row) for row in rows] == [
        ("a", "appended", IN_THE_LOG, 1),
        ("quiet", "no-op", "nothing-to-do", 0),
    ], "what had no effect is judged again"
    assert await count(bench, "outbox") == 1, "and nothing is published twice"
    assert await bench.faults() == {}


@pytest.mark.parametrize("first_at", [START, START + timedelta(days=400)], ids=["with-a-new-time", "dated-ahead"])
async def test_the_log_knows_a_forgotten_event_whatever_time_it_says(bench: Bench, first_at: Any) -> None:
    await take(bench, "a", at=first_at)
    bench.clock.advance(timedelta(days=DAYS + 1))
    await pruner(bench).once()
    await take(bench, "a", at=max(first_at, bench.clock.now()))
    assert await count(bench, "event") == 1, "no second effect"
    row = await bench.connection.fetchrow("select outcome, reason, events from inbox")
    assert row is not None
    assert tuple(row) == ("appended", IN_THE_LOG, 1)
    assert await bench.connection.fetchval("select count(*) from stream where parked_by is not null") == 0
    assert await bench.faults() == {}


async def test_old_news_that_never_came_before_is_judged_like_any_other(bench: Bench) -> None:
    bench.clock.advance(timedelta(days=400))
    await take(bench, "late", at=START)
    assert await bench.connection.fetchval("select reason from inbox") == "recorded"


async def test_what_waits_for_a_person_is_kept_and_goes_when_it_is_long_dealt_with(bench: Bench) -> None:
    await take(bench, "bug", subject="bug")
    await take(bench, "fine", mrid="o2")
    bench.broker.put("outage.dispatch", 0, "o3", {}, b"{", START)
    await bench.ingest.take(bench.broker.logs[PLACE])
    await bench.connection.execute("delete from outbox")
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, "young", mrid="o2")
    assert await pruner(bench).once() == Pruned(inbox=1, skipped=1)
    assert await count(bench, "quarantine") == 2
    assert await bench.faults() == {}
    await bench.connection.execute("update stream set parked_by = null")
    await bench.connection.execute(
        "update quarantine set state = 'dropped', resolution = 'a test', resolved_at = $1", bench.clock.now()
    )
    assert await pruner(bench).once() == Pruned(), "it was dealt with today"
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, "younger", mrid="o2")
    assert await pruner(bench).once() == Pruned(inbox=2, quarantine=2)
    assert await bench.faults() == {}


async def test_words_from_within_are_forgotten_too(bench: Bench) -> None:
    data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
    await bench.ingest.submit([Message("/toy", "1", "enquiry.received.v1", START, data, "o1", 0, stream="outage/o1")])
    bench.clock.advance(timedelta(days=DAYS + 1))
    assert await pruner(bench).once() == Pruned(inbox=1)
    assert await bench.connection.fetchval("select below from pruned where topic = $1", WITHIN) == 0
    assert await bench.faults() == {}


async def test_a_topic_made_anew_after_pruning_is_accepted_and_audited(bench: Bench) -> None:
    await take(bench, "a", "b", "c")
    bench.clock.advance(timedelta(days=DAYS + 1))
    await take(bench, "d")
    await pruner(bench).once()
    bench.broker.logs.clear()
    bench.broker.next.clear()
    bench.ingest.unassigned()
    (wrong,) = await standings(bench.connection, bench.broker, Where(), ["toy"])
    await ask(bench.pool, Toy(), bench.clock, ACCEPT, as_asked(wrong))
    await take(bench, "e", "f")
    assert await bench.faults() == {}
    assert (await bench.check("fence")).notes == {"partitions": 2, "pruned": 3}


async def test_of_two_processes_one_prunes(bench: Bench) -> None:
    await take(bench, "a")
    bench.clock.advance(timedelta(days=DAYS + 1))
    async with bench.pool.acquire() as other:
        await other.execute("select pg_advisory_lock($1)", pruner(bench)._key)
        assert await pruner(bench).once() is None
        await other.execute("select pg_advisory_unlock($1)", pruner(bench)._key)
    assert await pruner(bench).once() == Pruned(inbox=1)


async def as_role(bench: Bench, role: str, statement: str) -> Any:
    async with bench.connection.transaction():
        await bench.connection.execute(f"set local role {role}")
        return await bench.connection.fetchval(statement)


async def test_a_service_s_role_may_forget_skipped_ranges_only_below_the_horizon(bench: Bench) -> None:
    await take(bench, "a")
    await take(bench, "a")
    role = "toy_pruning_role"
    await bench.connection.execute(f"drop role if exists {role}; create role {role}")
    try:
        await bench.connection.execute(
            f"grant usage on schema toy to {role}; grant select, insert on skipped to {role}"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_role(bench, role, "select prune_skipped(10)")  # as anybody who may only look into the schema
        await bench.connection.execute(f"grant execute on function prune_skipped(int) to {role}")
        assert await as_role(bench, role, "select prune_skipped(10)") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_role(bench, role, "delete from skipped")
        await bench.connection.execute("insert into pruned values ('outage.dispatch', 0, 2, $1)", START)
        assert await as_role(bench, role, "select prune_skipped(10)") == 1
    finally:
        await bench.connection.execute(f"drop owned by {role}; drop role {role}")


def test_less_than_a_week_is_no_memory(bench: Bench) -> None:
    with pytest.raises(ValueError, match="keep at least"):
        pruner(bench, inbox_days=6)
