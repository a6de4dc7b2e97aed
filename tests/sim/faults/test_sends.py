"""A send that fails, or whose answer is lost, and a record that is sent again."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.kernel.adapters.kafka import Produce
from tests.sim.broker import Broker, Producer, Reader, Send

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def row(key: str, value: str) -> Produce:
    return Produce("one", key.encode(), value.encode(), [], AT)


async def values(broker: Broker) -> list[str]:
    reader = Reader(broker.link("reader"))
    end = (await reader.ends([("one", 0)]))["one", 0]
    return [(record.value or b"").decode() for record in await reader.read(("one", 0), 0, end)]


@pytest.fixture
async def producer(broker: Broker) -> Producer:
    broker.create("one", 1)
    return Producer(broker.link("a"))


@pytest.mark.parametrize(("fault", "there"), [(Send.REFUSED, []), (Send.UNANSWERED, ["1", "2"])])
async def test_a_batch_that_failed_is_in_the_log_or_not_and_the_next_producer_starts_clean(
    broker: Broker, producer: Producer, fault: Send, there: list[str]
) -> None:
    broker.faults.sends.append(fault)
    rows = [row("a", "1"), row("b", "2")]
    assert await producer.send(rows) == [False, False]
    assert await values(broker) == there
    assert await producer.send(rows) == [True, True]
    assert await values(broker) == [*there, "1", "2"]


async def test_of_several_batches_those_before_the_one_that_failed_are_durable_and_none_after_it(
    broker: Broker, producer: Producer
) -> None:
    large = "x" * 9_000  # one goes into a batch
    rows = [row("a", f"1{large}"), row("b", f"2{large}"), row("a", f"3{large}"), row("c", f"4{large}")]
    broker.faults.sends.extend([Send.GOES_WELL, Send.REFUSED])
    assert await producer.send(rows) == [True, False, False, False]
    assert [value[0] for value in await values(broker)] == ["1"]


async def test_an_answer_that_is_lost_on_the_way_makes_no_copy(broker: Broker, producer: Producer) -> None:
    await producer.send([row("a", "0")])
    passes = iter(range(10))
    link = producer._link

    def cut_before_the_answer() -> float:
        if next(passes, None) == 1:
            link.cut()
            asyncio.get_running_loop().call_later(100, link.heal)
        return 0.001

    broker.delay = cut_before_the_answer
    assert await producer.send([row("a", "1")]) == [True]
    assert await values(broker) == ["0", "1"]
    assert asyncio.get_running_loop().time() > 100


async def test_what_was_given_to_the_producer_goes_out_though_its_sender_gave_up(
    broker: Broker, producer: Producer
) -> None:
    await producer.send([row("a", "0")])
    broker.delay = lambda: 1.0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await producer.send([row("a", "1")])
    await asyncio.sleep(10)
    assert await values(broker) == ["0", "1"]


async def test_senders_beside_each_other_keep_their_order_in_a_partition(broker: Broker, producer: Producer) -> None:
    await producer.send([row("a", "0")])
    delays = iter([5.0, 0.0, 0.0, 7.0])
    broker.delay = lambda: next(delays, 0.0)
    sends = [asyncio.create_task(producer.send([row("a", str(n))])) for n in range(1, 9)]
    assert await asyncio.gather(*sends) == [[True]] * 8
    assert await values(broker) == [str(n) for n in range(9)]


async def test_an_acknowledged_record_comes_again_as_it_was(broker: Broker, producer: Producer) -> None:
    await producer.send([row("a", "1"), row("b", "2")])
    again = broker.repeat(("one", 0), 0)
    assert (again.offset, again.key, again.value, again.timestamp) == (2, b"a", b"1", AT)
    assert await values(broker) == ["1", "2", "1"]


async def test_a_topic_that_is_deleted_is_waited_for_and_then_the_send_has_failed(
    broker: Broker, producer: Producer
) -> None:
    assert await producer.send([row("a", "1")]) == [True]
    broker.delete("one")
    begun = asyncio.get_running_loop().time()
    assert await producer.send([row("a", "2")]) == [False]
    assert asyncio.get_running_loop().time() - begun == pytest.approx(40, abs=1)
    broker.create("one", 1)
    assert await producer.send([row("a", "3")]) == [True]
    assert await values(broker) == ["3"]
