"""A dependency that says nothing counts as away, and what waits at the start says for what."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.observing import probes
from services.kernel.observing.health import Health
from services.kernel.observing.probes import Probe
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running import startup_wait
from services.kernel.running.startup_wait import NotThere, patiently


class Server(Probe):
    """A dependency that answers, refuses, or is frozen."""

    def __init__(self, health: Health, telemetry: Telemetry, *, optional: bool = False) -> None:
        super().__init__("postgres", health, telemetry, optional=optional)
        self.answers: Exception | str = "well"
        self.let_go_of = 0

    async def ask(self) -> None:
        if isinstance(self.answers, Exception):
            raise self.answers
        if self.answers == "frozen":
            await asyncio.Event().wait()

    async def let_go(self) -> None:
        self.let_go_of += 1


@pytest.fixture
def health() -> Health:
    made = Health(ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC)))
    made.started()
    return made


@pytest.fixture
def server(health: Health, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(probes, "LIMIT_SECONDS", 0.05)
    return Server(health, Telemetry("planner"))


async def test_what_refuses_is_named_with_its_reason_and_alive_all_the_same(server: Server, health: Health) -> None:
    server.answers = ConnectionRefusedError(111, "nobody listens")
    assert not await server.once()
    assert health.ready() == ["postgres away: ConnectionRefusedError: [Errno 111] nobody listens"]
    assert health.live() == []
    server.answers = "well"
    assert await server.once()
    assert health.ready() == []


async def test_what_is_frozen_is_away_once_its_time_is_over_and_its_connection_is_given_up(
    server: Server, health: Health
) -> None:
    server.answers = "frozen"
    assert not await server.once()
    assert health.ready() == ["postgres away: no answer within 4 s"]
    assert server.let_go_of == 1


async def test_two_looks_that_fail_are_within_the_ten_seconds_that_are_promised() -> None:
    assert probes.EVERY_SECONDS + probes.LIMIT_SECONDS < 10


async def test_what_is_optional_is_shown_beside_a_process_that_is_ready(health: Health) -> None:
    server = Server(health, Telemetry("gateway"), optional=True)
    server.answers = OSError("gone")
    await server.once()
    assert health.ready() == []
    assert health.impaired() == ["postgres away: OSError: gone"]


async def test_the_start_waits_as_long_as_it_takes_and_says_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup_wait, "LONGEST_SECONDS", 0.01)
    monkeypatch.setattr(startup_wait, "FIRST_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC))
    health, asked = Health(clock), 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        if asked < 20:
            raise NotThere("it has no topic outage.dispatch yet")
        return "there"

    waits = asyncio.create_task(patiently(ask, "kafka", health))
    await asyncio.sleep(0.05)
    assert health.ready() == ["starting: waiting for kafka (it has no topic outage.dispatch yet)"]
    assert await waits == "there"


async def test_what_waiting_does_not_cure_ends_the_start() -> None:
    async def ask() -> None:
        raise startup_wait.WRONG_SETTINGS[0]("no such role")

    with pytest.raises(startup_wait.WRONG_SETTINGS):
        await patiently(ask, "postgres", Health(ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC))))


def test_the_start_probe_passes_while_a_dependency_is_waited_for() -> None:
    clock = ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC))
    health = Health(clock)
    health.starting("kafka")
    health.dependency("kafka", ok=False, detail="no answer within 4 s")
    clock.advance(timedelta(hours=1))
    health.beat()
    assert health.startup() == health.live() == [], "whoever ends it would only have it wait anew"
    assert health.ready() == ["starting: waiting for kafka", "kafka away: no answer within 4 s"]
