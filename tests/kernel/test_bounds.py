"""Memory is bounded by bytes, and the cost of a fact does not grow with the history of its stream."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import msgspec
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, ExtentChanged
from services.kernel.bounds import BATCH_BYTES, pages
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Event, Stream
from services.kernel.observing.telemetry import Telemetry
from services.kernel.streams import log as log_module
from services.kernel.streams import snapshots
from services.kernel.streams.log import Log
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Toy

LARGE = Extent(usage_points=tuple(f"usage-point-{number:028}" for number in range(17_000)))  # about 750 kB of JSON


class KeptKettle(KettleDecider):
    """A kettle whose state can be kept; counts the events it folds."""

    def __init__(self) -> None:
        self.folded = 0

    def evolve(self, state: Kettle, event: Event) -> Kettle:
        self.folded += 1
        return super().evolve(state, event)

    def dump(self, state: Kettle) -> bytes:
        return msgspec.msgpack.encode(state)

    def restore(self, stream_id: str, kept: bytes) -> Kettle:
        return msgspec.msgpack.decode(kept, type=Kettle)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A snapshot after some few events, as if each were heavy."""
    monkeypatch.setattr(snapshots, "LEAST_BYTES", 2_000)
    return


async def a_process(pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock) -> tuple[Ingest, KeptKettle]:
    """One process of the toy, with nothing remembered."""
    toy, decider = Toy(), KeptKettle()
    toy.deciders = {"outage": decider}
    transaction = Transaction(toy, pool, Telemetry("toy"))
    await transaction.start()
    return Ingest(transaction, broker, clock), decider


def crews(broker: PaperBroker, first: int, count: int, mrid: str = "F1") -> list[Any]:
    return [
        tell(broker, "crew.status.v1", CrewStatus(mrid=mrid, crew_status="enroute", at=START), id=f"{mrid}-{number}")
        for number in range(first, first + count)
    ]


@pytest.mark.usefixtures("light")
async def test_the_first_fact_after_a_restart_does_not_read_the_whole_history(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock
) -> None:
    ingest, _ = await a_process(pool, broker, clock)
    for start in range(0, 200, 20):
        await ingest.take(crews(broker, start, 20))
    again, decider = await a_process(pool, broker, clock)
    await again.take(crews(broker, 200, 1))
    assert decider.folded < 60, f"{decider.folded} of 201 events were folded"
    replayed = await a_replay(pool, KeptKettle())
    view = msgspec.json.decode(await pool.fetchval("select view::text from live"))
    assert view == msgspec.json.decode(msgspec.json.encode(decider.view(replayed)))
    assert len(view["order"]) == 201


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("spoilt", ["revision = 'of other code'", r"chain = '\x00'", r"state = '\x00'"])
async def test_a_kept_state_of_other_code_or_of_another_log_or_unreadable_is_not_used(
    spoilt: str, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock
) -> None:
    ingest, _ = await a_process(pool, broker, clock)
    await ingest.take(crews(broker, 0, 40))
    assert await pool.fetchval("select count(*) from snapshot") == 1
    await pool.execute(f"update snapshot set {spoilt}")
    again, decider = await a_process(pool, broker, clock)
    await again.take(crews(broker, 40, 1))
    assert decider.folded == 41
    view = msgspec.json.decode(await pool.fetchval("select view::text from live"))
    assert len(view["order"]) == 41


async def a_replay(pool: asyncpg.Pool, decider: KeptKettle) -> Kettle:
    """The state that the log alone gives."""
    log = Log(Toy())
    state = decider.initial("outage/F1")
    for row in await pool.fetch("select * from event order by version"):
        state = decider.evolve(state, log.stored(row))
    return state


async def test_a_batch_whose_streams_are_too_large_together_is_split_and_wholly_taken(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest, _ = await a_process(pool, broker, clock)
    await ingest.take([record for mrid in "ABCDE" for record in crews(broker, 0, 3, mrid)])
    monkeypatch.setattr(log_module, "LOAD_BYTES", 2_000)
    again, _ = await a_process(pool, broker, clock)
    taken = await again.take([record for mrid in "ABCDE" for record in crews(broker, 3, 1, mrid)])
    assert [outcome.outcome for outcome in taken.outcomes] == ["appended"] * 5
    assert await pool.fetchval("select min(version) from stream") == 4


async def test_a_hole_that_holds_more_than_a_batch_is_taken_piece_by_piece(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock
) -> None:
    ingest, _ = await a_process(pool, broker, clock)
    records = [
        tell(broker, "extent.changed.v1", ExtentChanged(mrid=f"F{n}", changed_at=START, extent=LARGE), id=f"{n}")
        for n in range(14)
    ]
    assert sum(record.size for record in records) > 2 * BATCH_BYTES
    taken = await ingest.take(records[-1:])
    assert taken.records == 14
    assert await pool.fetchval("select next_offset from consumer_offset where partition = 0") == 14
    assert await pool.fetchval("select count(*) from event") == 14


def test_states_are_remembered_up_to_a_weight_and_the_last_one_in_any_case() -> None:
    log = Log(Toy(), remember=10_000)
    log.remember([Stream(f"outage/F{n}", 0, 1, b"", Kettle(), since=3_000) for n in range(10)])
    assert list(log._known) == ["outage/F8", "outage/F9"]
    log.remember([Stream("outage/large", 0, 1, b"", Kettle(), kept=50_000)])
    assert list(log._known) == ["outage/large"]
    log.remember([Stream("outage/F1", 0, 1, b"", Kettle(), since=3_000)])
    assert list(log._known) == ["outage/F1"]


async def test_heavy_rows_are_read_a_few_at_a_time_and_light_ones_in_large_pages(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for length, most in ((100_000, 20), (10, 2_048)):
            query = f"select repeat('x', {length}) as data from generate_series(1, 5000)"
            sizes = [len(p) async for p in pages(connection, query, size=lambda row: len(row["data"]))]
            assert sum(sizes) == 5_000
            assert max(sizes[1:]) == most
