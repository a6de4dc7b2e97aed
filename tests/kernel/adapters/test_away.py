"""A connection that ends says nothing about the message in hand: nothing is condemned for it."""

import asyncio
import contextlib

import asyncpg
import pytest

from services.kernel.adapters.away import AWAY, DATABASE, TRANSIENT, blames_the_data
from services.kernel.adapters.kafka import KafkaError
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.failures.attempts import attempt
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import Toy


@pytest.mark.parametrize("turns", range(6))
async def test_a_batch_of_one_is_taken_after_the_backend_of_its_connection_was_ended(
    postgres: str, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry, turns: int
) -> None:
    schema = await pool.fetchval("select current_schema()")
    one = await asyncpg.create_pool(postgres, min_size=1, max_size=1, server_settings={"search_path": schema})
    ingest = Ingest(Transaction(Toy(), one, telemetry), broker, clock)
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    pid = await one.fetchval("select pg_backend_pid()")
    await pool.execute("select pg_terminate_backend($1, 5000)", pid)
    for _ in range(turns):
        await asyncio.sleep(0)
    record = tell(broker, "enquiry.received.v1", enquiry("o2"), id="2")
    for _ in range(3):  # as the process does: it waits, and the same batch comes again
        with contextlib.suppress(*AWAY):
            await ingest.take([record])
            break
    await one.close()
    assert await column(pool, "select reason from inbox order by id") == ["recorded", "recorded"]
    assert await column(pool, "select count(*) from quarantine") == [0]


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.DiskFullError("no space left"),
        asyncpg.OutOfMemoryError("out of memory"),
        asyncpg.IdleInTransactionSessionTimeoutError("too long"),
        asyncpg.PostgresIOError("could not read block"),
        asyncpg.InsufficientPrivilegeError("permission denied for table event"),
        asyncpg.UndefinedColumnError("column paired does not exist"),
        KafkaError("no brokers"),
        TimeoutError("too slow"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_is_not_of_the_data_condemns_no_message(error: Exception) -> None:
    seen: list[int] = []

    async def run(items, condemned) -> None:  # type: ignore[no-untyped-def]
        seen.append(len(items))
        assert not condemned
        raise error

    for items in (["one"], ["one", "two"]):
        with pytest.raises(type(error)):
            await attempt(items, run, lambda item: item)
    assert seen == [1, 2], "the batch is not even taken apart"


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CharacterNotInRepertoireError("invalid byte sequence"),
        asyncpg.NumericValueOutOfRangeError("integer out of range"),
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.ProgramLimitExceededError("index row size exceeds maximum"),
        KeyError("mrid"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_is_of_the_data_is_tried_in_every_way_of_setting_it_aside(error: Exception) -> None:
    steps: list[str] = []

    async def run(items, condemned) -> None:  # type: ignore[no-untyped-def]
        steps.extend(known.step.value for known in condemned.values())
        if steps[-1:] != ["unread"]:
            raise error

    await attempt(["one"], run, lambda item: item)
    assert steps == ["park", "no-way", "unread"]


async def test_what_fails_once_in_whatever_form_and_then_works_condemns_nothing() -> None:
    """A connection that breaks may speak through its driver as an error of any kind."""
    tries = 0

    async def run(items, condemned) -> str:  # type: ignore[no-untyped-def]
        nonlocal tries
        tries += 1
        if tries == 1:
            raise AttributeError("'NoneType' object has no attribute 'decode'")
        return "condemned" if condemned else "taken"

    assert await attempt(["one"], run, lambda item: item) == ["taken"]


def test_a_loop_that_holds_no_message_waits_out_whatever_the_database_can_say() -> None:
    assert set(DATABASE) >= {*AWAY, *TRANSIENT, asyncpg.PostgresError}
    assert not any(blames_the_data(kind("x")) for kind in (*AWAY, *TRANSIENT))
