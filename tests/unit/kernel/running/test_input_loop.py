"""Where Faust ends by itself or cannot start, another is made; a service does not end for it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.model import KernelError
from services.kernel.observing.health import Health
from services.kernel.running import input_loop
from services.kernel.running.input_loop import InputReader


class Shell:
    """What Faust does: it starts or fails to, reads until it ends by itself, and ends when told to or does not."""

    topics = frozenset({"outage.dispatch"})

    def __init__(self, *, starts: bool = True, ends: bool = False, lets_go: bool = True) -> None:
        self.places = {("outage.dispatch", 0)}
        self._starts, self._ends, self._lets_go = starts, ends, lets_go
        self.stopped = False

    async def start(self) -> None:
        if not self._starts:
            raise ConnectionRefusedError("no brokers")

    async def rest(self) -> None:
        if not self._ends:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        if not self._lets_go:
            await asyncio.Event().wait()
        self.stopped = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_loop, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(input_loop, "END_SECONDS", 0.05)


@pytest.fixture
def health() -> Health:
    return Health(ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC)))


def input_of(health: Health, make: Callable[[], Any]) -> InputReader:
    async def there() -> None:
        await asyncio.sleep(0)

    return InputReader(make, there, health, ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC)))


async def test_one_that_cannot_start_and_one_that_ends_are_replaced_and_nothing_is_read_twice(health: Health) -> None:
    made = [Shell(starts=False), Shell(ends=True), Shell()]
    coming = iter(made)
    source = input_of(health, lambda: next(coming))
    running = asyncio.create_task(source.run())
    await asyncio.sleep(0.05)
    assert [shell.stopped for shell in made] == [True, True, False], "each has ended before the next begins"
    assert source.places == made[2].places
    assert health.ready() == []
    running.cancel()
    await source.stop()
    assert source.places == set()


async def test_while_it_is_made_anew_the_process_is_not_ready_and_says_why(
    health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_loop, "AGAIN_SECONDS", 30.0)
    running = asyncio.create_task(input_of(health, lambda: Shell(ends=True)).run())
    await asyncio.sleep(0.05)
    assert health.ready() == ["input away: made anew: it stopped by itself"]
    running.cancel()


async def test_one_that_ends_again_and_again_though_kafka_answers_is_a_fault_of_ours(health: Health) -> None:
    with pytest.raises(KernelError, match="5 times in a row though Kafka answers"):
        await input_of(health, lambda: Shell(ends=True)).run()


async def test_one_that_does_not_let_go_is_not_joined_by_a_second(health: Health) -> None:
    with pytest.raises(TimeoutError, match="did not end"):
        await input_of(health, lambda: Shell(ends=True, lets_go=False)).run()
