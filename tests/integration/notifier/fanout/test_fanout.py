"""Fan-outs on a real PostgreSQL: in chunks, resumable, never overtaken; and the registry's side of the match."""

import asyncio
from collections import Counter
from uuid import uuid4

import msgspec
import pytest

from operations.audit.fanout import audit_fanout
from operations.audit.report import Report
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerErased
from schemas.contracts.dispatch import ErtChanged
from services.kernel.model import Event
from services.notifier.domain.events import AUDIENCE_NEXT, AudienceDue, AudienceNext
from services.notifier.domain.outage.truth import Truth
from services.notifier.tables.fanout import FanoutRows
from services.notifier.tables.notifications import NotificationRows
from tests.kits.deciders.notifier import at, confirmed, part
from tests.kits.dying import dies_at
from tests.kits.stack.fanout import NORTH, SOUTH, Town, out, resident, town

PEOPLE = [f"KC-{n:02}" for n in range(1, 11)]
TOUCHED = dict.fromkeys(PEOPLE, True)


def event(stream: str, data: msgspec.Struct) -> Event:
    return Event(stream, 1, uuid4(), "any.v1", data, at(5, 9), "/test/x", "because")


async def test_ten_customers_hear_in_chunks_of_three_each_once(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, *map(resident, PEOPLE))
        await city.settle(desks)
        assert [o.reason for o in await city.say(desks, out())] == ["to-be-told"]
        assert await city.words() == [], "no customer is touched in the transaction that took the fact"
        assert await desks.service.feeding(city.pool), "no deadline of theirs may fire before"
        await city.settle(desks)
        assert await city.words() == [(name, True, "out") for name in PEOPLE]
        chunks = await city.pool.fetch(
            "select data->>'seen' as seen from event where type = 'audience.chunk.v1' order by position"
        )
        assert [row["seen"] for row in chunks] == ["3", "3", "3", "1"]
        assert await city.members() == TOUCHED
        assert await city.texts(PEOPLE[9]) == {"fault": 1}
        assert not await desks.service.feeding(city.pool)
        assert await city.faults() == {}


async def test_a_newer_truth_is_told_instead_and_the_end_only_to_those_who_heard_the_beginning(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, *map(resident, PEOPLE))
        await city.settle(desks)
        await city.say(desks, out())
        assert await desks.fanner.tell_chunk()
        await city.say(desks, confirmed(at(5, 10)))
        late = AudienceNext(mrid="F1", outage_version=1, number=2)
        message = desks.fanner._message("F1/1/2", AUDIENCE_NEXT, late, "F1")
        assert [o.reason for o in await desks.ingest.submit([message])] == ["superseded"]
        await city.settle(desks)
        assert await city.words() == [
            *((name, True, "out") for name in PEOPLE[:3]),
            *((name, True, "restored") for name in PEOPLE[:3]),
        ]
        assert await city.pool.fetchval("select count(*) from outage_match") == 0
        assert await city.faults() == {}


async def test_a_small_outage_does_not_wait_for_a_large_one(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, *map(resident, PEOPLE), resident("school", SOUTH))
        await city.settle(desks)
        await city.say(desks, out())
        await desks.fanner.tell_chunk()
        await city.say(desks, out("F2", SOUTH))
        await desks.fanner.tell_chunk()
        assert await city.words("F2") == [("school", True, "out")]
        assert len(await city.words()) == 3
        await city.settle(desks)
        assert await city.members() == TOUCHED


@pytest.mark.parametrize(
    ("step", "nth"),
    [
        ("fanout-chosen", 2),
        ("decided", 2),
        ("before-submit-commit", 3),
        ("fanout-told", 2),
        ("rematch-found", 1),
        ("rematch-told", 1),
    ],
)
async def test_killed_at_any_step_it_goes_on_where_it_stood(postgres: str, step: str, nth: int) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, *map(resident, PEOPLE))
        await city.settle(desks)
        await city.say(desks, out())
        if step.startswith("rematch"):
            await city.settle(desks)
            await city.say(desks, resident("school"), resident(PEOPLE[0], SOUTH, at(5, 9)))
        with dies_at(step, nth):
            await city.settle(desks)
        again = await city.process()
        await city.settle(again)
        words = await city.words()
        moved = [(PEOPLE[0], False, "out"), ("school", True, "out")] if step.startswith("rematch") else []
        assert Counter(words) == Counter([*((name, True, "out") for name in PEOPLE), *moved])
        assert await city.faults() == {}


async def test_whoever_registers_or_moves_in_or_away_hears_of_it(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("ann"), resident("bob", SOUTH), out(), out("F2", "eastern line"))
        await city.settle(desks)
        await city.say(desks, resident("eve"), resident("bob", NORTH, at(5, 9)), resident("ann", SOUTH, at(5, 9)))
        await city.settle(desks)
        assert await city.members() == {"ann": False, "bob": True, "eve": True}
        assert Counter(await city.words())[("ann", False, "out")] == 1
        assert await city.texts("bob") == {"fault": 1}
        await city.say(desks, resident("eve", NORTH, at(5, 9, 30), address="another"))
        assert await city.pool.fetchval("select count(*) from rematch") == 0, "the same places: nothing to match again"
        await city.say(desks, confirmed(at(5, 10)))
        await city.settle(desks)
        assert [word for word in await city.words() if word[2] == "restored"] == [
            ("bob", True, "restored"),
            ("eve", True, "restored"),
        ]
        assert await city.words("F2") == []
        assert await city.faults() == {}


async def test_the_erased_are_forgotten_and_told_anew_when_they_come_back(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("ann"), resident("bob"), out())
        await city.settle(desks)
        gone = [CustomerErased(customer_id=name, erased_at=at(5, 9)) for name in ("ann", "bob")]
        await city.say(desks, *gone, resident("bob", NORTH, at(5, 9, 5)))
        await city.settle(desks)
        assert await city.members() == {"bob": True}
        assert Counter(await city.words())[("bob", True, "out")] == 2
        await city.say(desks, confirmed(at(5, 10)))
        await city.settle(desks)
        assert Counter(await city.words())[("bob", True, "restored")] == 1
        assert await city.faults() == {}


async def test_a_customer_whose_change_commits_behind_the_chunk_is_told_by_the_registrys_side(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        async with city.pool.acquire() as connection, connection.transaction():
            # A registry change up to its append, which would hold the log's lock: its rows are not committed.
            await NotificationRows().apply(connection, [event("customer/ann", resident("ann"))])
            await city.say(desks, out())
            await city.settle(desks)
            assert await city.words() == [], "the chunk cannot see what is not committed"
        await city.settle(desks)
        assert await city.words() == [("ann", True, "out")]


async def test_a_customer_looked_up_before_the_outage_commits_is_told_by_the_outages_side(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        truth = Truth("fault", "out", Extent(lines=(NORTH,)))
        due = AudienceDue(mrid="F1", outage_version=1, truth=truth, trigger="outage.started.v1")
        async with city.pool.acquire() as connection, connection.transaction():
            rows = FanoutRows(asyncio.Event())
            await rows.apply(connection, [event("outage/F1", due)])
            await rows.finish(connection)
            await city.say(desks, resident("ann"))
            await city.settle(desks)
            assert await city.pool.fetchval("select count(*) from rematch") == 0
            assert await city.words() == [], "the look-up cannot see what is not committed"
        await city.settle(desks)
        assert await city.words() == [("ann", True, "out")]


async def test_a_move_while_a_chunk_holds_the_old_place_waits_for_it_and_then_takes_it_back(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(postgres) as city:
        one, other = await city.process(), await city.process()
        await city.say(one, resident("ann"))
        await city.settle(one)
        await city.say(one, out())
        asked = AudienceNext(mrid="F1", outage_version=1, number=1)
        message = one.fanner._message("F1/1/1", AUDIENCE_NEXT, asked, "F1")
        async with city.pool.acquire() as connection, connection.transaction():
            read = await one.service.facts(connection, "fanout/F1/1/1", None, message)
            await city.say(other, resident("ann", SOUTH, at(5, 9)))
            look = asyncio.create_task(other.fanner.rematch_some())
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert not look.done(), "it knows the outage by the old place, and waits for what is under way there"

            async def as_read(*_: object) -> object:
                return read

            monkeypatch.setattr(one.service, "facts", as_read)
            await one.ingest.transaction.decide(connection, [message], {}, at(5, 9), {}, limited=True)
        async with asyncio.timeout(30):
            assert await look == 1
        assert await city.words() == [("ann", True, "out"), ("ann", False, "out")]
        assert await city.members() == {"ann": False}


async def test_two_processes_at_once_tell_nobody_twice(postgres: str) -> None:
    async with town(postgres) as city:
        first, second = await city.process(), await city.process()
        await city.say(first, *map(resident, PEOPLE))
        await city.say(first, out())

        async def work(fanner: object) -> None:
            while await fanner.step():  # type: ignore[attr-defined]
                pass

        async with asyncio.timeout(60):
            await asyncio.gather(work(first.fanner), work(second.fanner))
        assert Counter(await city.words()) == Counter((name, True, "out") for name in PEOPLE)
        assert await city.faults() == {}


async def test_power_given_back_by_a_step_is_told_as_such_though_more_was_learnt_meanwhile(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("ann"), resident("bob", SOUTH), out("F1", NORTH, SOUTH))
        await city.settle(desks)
        await city.say(desks, part(Extent(lines=(NORTH,)), Extent(lines=(SOUTH,)), at(5, 10)))
        await city.say(desks, ErtChanged(mrid="F1", changed_at=at(5, 10, 5), ert=at(5, 13)))
        await city.settle(desks)
        assert (await city.words())[2:] == [("ann", False, "part-restored"), ("bob", True, "part-restored")]


async def test_the_worker_is_woken_by_the_commit_and_ends_with_nothing_left(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        worker = asyncio.create_task(desks.fanner.run())
        await city.say(desks, *map(resident, PEOPLE), out())
        async with asyncio.timeout(30):
            while await city.members() != TOUCHED:
                await asyncio.sleep(0.01)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        assert await city.faults() == {}


DAMAGES = [
    ("update fanout_job set version = 7", "fan-outs", "the fan-out is of version 7, the newest truth of 1"),
    ("delete from fanout_job", "fan-outs", "F1 is to be told in version 1, but has no fan-out"),
    ("update fanout_job set chunks = 2", "fan-outs", "the fan-out stands after chunk 2"),
    ("update fanout_job set done = false", "fan-outs", "the fan-out stands after chunk 4"),
    (
        "delete from event where stream_id = 'fanout/F1/1/2'",
        "fan-outs",
        "goes on after 'KC-06', but chunk 1 ended at 'KC-03'",
    ),
    (
        "delete from audience_member where customer_id = 'KC-02'",
        "audience",
        "KC-02 was told by F1, which does not know",
    ),
    (
        "insert into audience_member values ('F1', 'x', 1, true)",
        "audience",
        "x is said to be told by F1, but never was",
    ),
    ("update audience_member set touched = false", "audience", "no longer touched in the table, version 1, touched in"),
    ("delete from outage_match", "places", "F1 is matched at 0 places, but lies at 1"),
]


async def test_an_audit_finds_a_fan_out_left_behind_and_members_that_the_log_does_not_know(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, *map(resident, PEOPLE), out())
        await city.settle(desks)
        assert await city.faults() == {}
        for damage, check, words in DAMAGES:
            await _damaged(city, damage, check, words)


async def _damaged(city: Town, damage: str, check: str, words: str) -> None:
    async with city.pool.acquire() as connection:
        change = connection.transaction()
        await change.start()
        await connection.execute(damage)
        report = Report()
        await audit_fanout(connection, report)
        await change.rollback()
    found = {one.name: one.faults for one in report.checks}
    assert any(words in fault for fault in found[check]), (damage, found)
