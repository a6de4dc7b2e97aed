"""Started, ready, alive: judged by progress, never by who else is away."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.observing.health import BEAT_LIMIT, STALL_LIMIT, Health, HealthServer
from services.kernel.observing.telemetry import Telemetry

ONE, TWO = ("outage.dispatch", 0), ("outage.dispatch", 1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 5, 1, 6, tzinfo=UTC))


@pytest.fixture
def health(clock: ManualClock) -> Health:
    made = Health(clock)
    made.started()
    made.assigned([ONE, TWO])
    return made


def passes(clock: ManualClock, health: Health, seconds: float) -> None:
    """Time passes with the event loop turning."""
    clock.advance(timedelta(seconds=seconds))
    health.beat()


def test_until_started_it_is_neither_started_nor_ready_and_names_what_it_waits_for(clock: ManualClock) -> None:
    health = Health(clock)
    health.starting("schema")
    assert health.startup() == health.ready() == ["starting: waiting for schema"]
    assert health.live() == []
    health.started()
    assert health.startup() == health.ready() == []


def test_without_any_partition_it_is_ready(health: Health) -> None:
    health.assigned([])
    assert health.ready() == health.live() == []


def test_a_partition_that_stands_still_with_records_waiting_is_not_alive(clock: ManualClock, health: Health) -> None:
    health.progress(ONE, 5, 100)
    health.progress(TWO, 8, 9)
    passes(clock, health, STALL_LIMIT)
    assert health.live() == []
    health.progress(TWO, 9, 50)
    passes(clock, health, 1)
    assert health.live() == [f"stalled: outage.dispatch/0 at 6 of 100 for {STALL_LIMIT + 1:.0f} s"]


def test_being_told_again_of_the_same_offset_is_no_progress(clock: ManualClock, health: Health) -> None:
    for _ in range(4):
        health.progress(ONE, 5, 100)
        passes(clock, health, STALL_LIMIT / 3)
    assert health.live()


def test_slow_progress_is_progress(clock: ManualClock, health: Health) -> None:
    for offset in range(5):
        health.progress(ONE, offset, 100)
        passes(clock, health, STALL_LIMIT - 1)
        assert health.live() == []


def test_a_quiet_topic_is_alive_and_its_next_record_gets_its_full_time(clock: ManualClock, health: Health) -> None:
    health.progress(ONE, 99, 100)
    passes(clock, health, 10 * STALL_LIMIT)
    assert health.live() == []
    health.progress(ONE, 99, 101)
    passes(clock, health, STALL_LIMIT)
    assert health.live() == []
    passes(clock, health, 1)
    assert health.live()


@pytest.mark.parametrize("name", ["kafka", "postgres", "twilio"])
def test_whoever_is_away_the_process_stays_alive_and_has_time_to_catch_up(
    clock: ManualClock, health: Health, name: str
) -> None:
    health.progress(ONE, 5, 100)
    health.dependency(name, ok=False, detail="refused", optional=name == "twilio")
    passes(clock, health, 10 * STALL_LIMIT)
    assert health.live() == []
    health.dependency(name, ok=True)
    passes(clock, health, STALL_LIMIT)
    assert health.live() == []
    passes(clock, health, 1)
    assert health.live()


def test_a_store_away_is_not_ready_and_a_provider_away_is(health: Health) -> None:
    health.dependency("twilio", ok=False, detail="503", optional=True)
    assert health.ready() == []
    health.dependency("postgres", ok=False, detail="connection refused")
    assert health.ready() == ["postgres away: connection refused"]
    health.dependency("postgres", ok=True)
    assert health.ready() == []


def test_draining_is_not_ready_but_alive(clock: ManualClock, health: Health) -> None:
    health.progress(ONE, 5, 100)
    health.draining()
    passes(clock, health, 2 * STALL_LIMIT)
    assert health.ready() == ["draining"]
    assert health.live() == []


def test_an_event_loop_that_no_longer_turns_is_not_alive_whatever_else_is_wrong(
    clock: ManualClock, health: Health
) -> None:
    health.dependency("postgres", ok=False)
    clock.advance(timedelta(seconds=BEAT_LIMIT + 1))
    assert health.live() == ["event loop: no beat for 31 s"]


def test_a_partition_given_away_no_longer_counts(clock: ManualClock, health: Health) -> None:
    health.progress(ONE, 5, 100)
    health.assigned([TWO])
    health.progress(ONE, 5, 100)
    passes(clock, health, 2 * STALL_LIMIT)
    assert health.live() == []


@pytest.fixture
async def server(health: Health) -> AsyncIterator[HealthServer]:
    made = HealthServer(health, Telemetry("planner"))
    await made.start()
    yield made
    await made.stop()


async def get(server: HealthServer, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
        return answer.status, await answer.text()


async def test_the_probes_answer_with_a_status_and_reasons(server: HealthServer, health: Health) -> None:
    for name in ("startup", "ready", "live"):
        status, text = await get(server, f"/healthz/{name}")
        assert (status, text) == (200, f'{{"check": "{name}", "ok": true, "reasons": [], "impaired": []}}')
    health.draining()
    status, text = await get(server, "/healthz/ready")
    assert status == 503
    assert '"reasons": ["draining"]' in text
    assert (await get(server, "/healthz/live"))[0] == 200
    assert (await get(server, "/healthz/other"))[0] == 404


async def test_the_metrics_are_served_beside_the_probes(server: HealthServer) -> None:
    status, text = await get(server, "/metrics")
    assert status == 200
    assert "outage_build_info{" in text


async def test_the_server_beats_by_itself(server: HealthServer, health: Health, clock: ManualClock) -> None:
    clock.advance(timedelta(seconds=BEAT_LIMIT + 1))
    assert health.live()
    await clock.sleep_until(None, 1.1)
    assert health.live() == []
