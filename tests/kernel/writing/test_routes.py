"""What concerns an outage only once something is known of it waits for its turn before it is passed over."""

from typing import Any

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message, Record, Routed
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import cleared, column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import KettleDecider, Toy


class Choosy(Toy):
    """Enquiries are for it only where a kettle is known."""

    async def route(self, connection: Any, message: Message) -> Routed:
        routed = await super().route(connection, message)
        return Routed(routed.stream, if_new="no-kettle") if message.type == "enquiry.received.v1" else routed


class Fails(KettleDecider):
    """Cannot judge the first that comes."""

    def decide(self, *_: Any) -> Any:
        raise ValueError("a bug of ours")


@pytest.fixture
def service() -> Choosy:
    return Choosy()


@pytest.fixture
def choosy(
    service: Choosy, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> Ingest:
    return Ingest(Transaction(service, pool, telemetry), broker, clock)


def asks(broker: PaperBroker, number: int) -> Record:
    return tell(broker, "enquiry.received.v1", enquiry(), id=f"asks/{number}")


def stands(broker: PaperBroker) -> Record:
    return tell(broker, "cause.cleared.v1", cleared(), id="stands")


async def test_of_what_nothing_is_known_nothing_is_done_and_no_stream_is_made(
    choosy: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await choosy.take([asks(broker, 1)])
    assert [(one.outcome, one.reason, one.stream) for one in taken.outcomes] == [("no-op", "no-kettle", None)]
    assert await column(pool, "select stream_id from stream") == []


async def test_what_became_known_in_the_same_batch_is_known_to_what_comes_after_it(
    choosy: Ingest, broker: PaperBroker
) -> None:
    taken = await choosy.take([asks(broker, 1), stands(broker), asks(broker, 2)])
    assert [one.reason for one in taken.outcomes] == ["no-kettle", "recorded", "recorded"]
    assert [one.stream for one in taken.outcomes] == [None, "outage/o1", "outage/o1"]


async def test_what_became_known_before_is_known(choosy: Ingest, broker: PaperBroker) -> None:
    await choosy.take([stands(broker)])
    taken = await choosy.take([asks(broker, 1)])
    assert [one.reason for one in taken.outcomes] == ["recorded"]


@pytest.mark.parametrize("together", [True, False])
async def test_it_waits_behind_what_would_have_made_the_stream_and_failed(
    service: Choosy, choosy: Ingest, broker: PaperBroker, together: bool
) -> None:
    service.deciders = {"outage": Fails()}
    records = [stands(broker), asks(broker, 1)]
    taken = [await choosy.take(part) for part in ([records] if together else [records[:1], records[1:]])]
    assert [one.reason for each in taken for one in each.outcomes] == ["decide-failed", "stream-parked"]
