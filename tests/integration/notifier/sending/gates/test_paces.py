"""The pace of texts, shared by all senders in a table: together no faster than is allowed, and all slower after a 429."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from devstack.twilio.faults import Fault
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.provider.pace import GATHERS_LEAST
from services.notifier.sending.gates.paces import SharedPace
from tests.kits.stack.databases import database, pool_in
from tests.kits.stack.sending import BentClock, Office
from tests.kits.waiting import until


@pytest.fixture
async def pool(postgres: str) -> AsyncIterator[asyncpg.Pool]:
    async with database(postgres, "notifier") as dsn:
        made = await pool_in(dsn, "notifier", most=8)
        yield made
        await made.close()


class StillClock(BentClock):
    """A wall that stands still but where it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self._at = super().wall()

    def wall(self) -> Any:
        return self._at + self.wall_ahead


def process(pool: asyncpg.Pool, clock: BentClock, ceiling: float = 20.0) -> SharedPace:
    """The pace as one process of the notifier has it."""
    return SharedPace(pool, CollectorRegistry(), clock, provider="twilio", sender="Dongjiang", ceiling=ceiling)


async def test_of_many_that_ask_at_once_all_get_together_what_there_is(pool: asyncpg.Pool) -> None:
    clock = StillClock()
    asking = [(one, lane) for one in [process(pool, clock) for _ in range(3)] for lane in LANE_RANK for _ in range(3)]
    grants = await asyncio.gather(*[one.take(lane) for one, lane in asking])
    assert sum(grant.tokens for grant in grants) <= 20 / 4
    for _ in range(8):
        clock.wall_ahead += timedelta(seconds=1 / 8)
        grants += await asyncio.gather(*[one.take(lane) for one, lane in asking])
    assert 20 - GATHERS_LEAST <= sum(grant.tokens for grant in grants) <= 20 + 20 / 4


async def test_what_one_process_learns_of_a_429_slows_all(pool: asyncpg.Pool) -> None:
    clock = StillClock()
    one, other = process(pool, clock), process(pool, clock)
    await one.take("key")
    await other.take("key")
    await one.refused("a", clock.wall(), timedelta(seconds=1))
    assert not (await other.take("key")).tokens
    assert other.rate == one.rate < 20
    clock.wall_ahead += timedelta(seconds=2)
    assert (await other.take("key")).tokens
    clock.wall_ahead += timedelta(minutes=5)
    await other.take("key")
    assert other.rate == 20, "slowly faster again"


async def test_tokens_that_go_back_are_another_lanes(pool: asyncpg.Pool) -> None:
    clock = StillClock()
    one = process(pool, clock)
    while grant := (await one.take("critical")).tokens:
        unused = grant
    await one.give_back(unused)
    assert (await one.take("critical")).tokens == unused


async def test_no_sender_holds_a_lock_on_the_pace_so_one_that_stops_holds_up_nobody(office: Office) -> None:
    sender = office.sender(per_second=50.0)
    await sender.pace.take("key")
    async with office.pool.acquire() as reader, reader.transaction():
        await reader.fetchrow("select * from pace")
        async with asyncio.timeout(2):
            await sender.pace.take("key")
            await sender.pace.give_back(1)


async def test_texts_of_two_senders_go_together_no_faster_than_is_allowed(office: Office) -> None:
    texts = [await office.text() for _ in range(16)]
    async with office.at_work(office.sender(per_second=8.0), office.sender(per_second=8.0)):
        for text in texts:
            await office.comes_to(text, "accepted", 20)
    posts = sorted(post.at for post in office.posts())
    # Two and no more had gathered before the first.
    assert posts[-1] - posts[0] >= timedelta(seconds=(16 - 1 - GATHERS_LEAST) / 8)


async def test_a_number_that_alone_is_refused_waits_by_itself_and_slows_nobody(office: Office) -> None:
    other, refused = await office.text(), await office.text()
    office.sim.break_things(Fault(kind="throttle", number=office.number(), times=3, seconds=0.2))
    sender = office.sender(per_second=50.0)
    async with office.at_work(sender):
        await office.comes_to(other, "accepted")
        await until(lambda: len(office.posts(refused)) >= 1)
        for _ in range(3):
            await office.comes_to(await office.text(), "accepted")
        rate = sender.pace.rate
        await until(lambda: len(office.posts(refused)) >= 2, 20)
        assert await office.pool.fetchval("select refused from number_pace") >= 1
        assert sender.pace.rate >= rate
        await office.comes_to(await office.text(), "accepted", 2)
        office.clock.wall_ahead = timedelta(minutes=3)
        await office.comes_to(refused, "accepted", 20)
    assert [post.answer for post in office.posts(refused)][-1] == "created"


async def test_what_was_learned_of_a_number_is_forgotten_after_an_hour(office: Office) -> None:
    sender = office.sender()
    await sender.pace.refused("a", office.clock.wall(), timedelta(0))
    async with office.at_work(sender):
        office.clock.wall_ahead = timedelta(hours=2)

        async def forgotten() -> bool:
            return not await office.pool.fetchval("select count(*) from number_pace")

        async with asyncio.timeout(10):
            while not await forgotten():
                await asyncio.sleep(0.05)


async def test_a_lane_whose_posts_hang_leaves_the_others_their_own_slots(office: Office) -> None:
    slow = [await office.text() for _ in range(6)]
    office.sim.break_things(*[Fault(kind="hang", number=office.number_of(n), times=1) for n in range(1, 7)])
    sender = office.sender(at_once=2, post_seconds=20.0)
    async with office.at_work(sender):
        await until(lambda: sender.in_flight == 2)
        await office.pool.execute("update notification set lane = 'notice', lane_rank = 2 where state = 'ready'")
        urgent = await office.text()
        await office.pool.execute(
            "update notification set lane = 'critical', lane_rank = 0 where message_id = $1", urgent
        )
        await office.comes_to(urgent, "accepted", 5)
        assert {(await office.row(text))["state"] for text in slow[:2]} == {"sending"}
