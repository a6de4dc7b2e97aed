"""Domain time: manual in tests, warped in the demo, never backwards, the same in every process."""

import asyncio
import mmap
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.kernel.clock import ClockError, SystemClock, utc
from services.kernel.manual_clock import ManualClock
from services.kernel.warp import AHEAD_NS, LEASE_NS, WarpClock, WarpDriver, _Page, _Segment, clock_from

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        utc(datetime(2026, 5, 1))  # noqa: DTZ001 - the point


def test_every_face_of_the_systems_time_is_aware_and_in_utc() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.wall().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


async def test_a_system_sleep_ends_at_the_instant_or_at_the_limit() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    await clock.sleep_until(clock.now() + timedelta(seconds=0.02), 10)
    await clock.sleep_until(clock.now() + HOUR, 0.02)
    await clock.sleep_until(clock.now() - HOUR, 10)
    assert 0.03 < clock.monotonic() - began < 5


def test_manual_time_moves_all_its_faces_and_never_back() -> None:
    clock = ManualClock(START)
    clock.advance(HOUR)
    assert (clock.now(), clock.wall(), clock.monotonic()) == (START + HOUR, START + HOUR, 3600.0)
    with pytest.raises(ClockError, match="never runs backwards"):
        clock.set(START)


async def test_who_waits_on_manual_time_wakes_when_it_gets_there_and_not_before() -> None:
    clock = ManualClock(START)
    waiter = asyncio.create_task(clock.sleep_until(START + HOUR, 30))
    await asyncio.sleep(0)
    clock.advance(HOUR / 2)
    await asyncio.sleep(0.01)
    assert not waiter.done()
    clock.advance(HOUR / 2)
    await asyncio.wait_for(waiter, 1)


async def test_a_manual_wait_ends_after_its_real_limit() -> None:
    await asyncio.wait_for(ManualClock(START).sleep_until(None, 0.01), 1)


def test_warped_time_stands_still_until_it_is_told(file: Path) -> None:
    with WarpDriver(file, START):
        clock = WarpClock(file)
        assert clock.now() == clock.now() == START


def test_a_jump_is_seen_by_every_clock_on_the_file(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        one, two = WarpClock(file), WarpClock(file)
        driver.jump(HOUR)
        assert one.now() == two.now() == START + HOUR
        driver.set(START + 3 * HOUR)
        assert one.now() == two.now() == driver.now() == START + 3 * HOUR


def test_running_time_passes_at_its_speed_and_a_freeze_stops_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr("services.kernel.warp.time", machine)
    with WarpDriver(file, START) as driver:
        clock = WarpClock(file)
        driver.run(3600)
        began = clock.now()
        for _ in range(100):
            machine.ns += 1_000_000
            assert clock.now() >= began
            driver.beat()
        assert timedelta(0) <= clock.now() - began - 0.1 * HOUR < timedelta(milliseconds=1), "3600 to 1, beats or none"
        driver.freeze()
        stands = clock.now()
        # A freeze stands where the furthest reader can be when it gets there.
        assert stands - began - 0.1 * HOUR <= timedelta(seconds=3600 * AHEAD_NS / 1e9, milliseconds=1)
        machine.ns += 10**12
        assert clock.now() == driver.now() == stands


class Machine:
    """The machine's own time, as far as the clock asks for it: it passes when told."""

    def __init__(self) -> None:
        self.ns = 10**12

    def monotonic_ns(self) -> int:
        return self.ns


def test_warped_time_never_runs_backwards(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        with pytest.raises(ClockError, match="never runs backwards"):
            driver.set(START - HOUR)
        with pytest.raises(ClockError, match="never runs backwards"):
            driver.jump(-HOUR)
        with pytest.raises(ClockError, match="never runs backwards"):
            driver.run(-1)
        assert driver.now() == START


def test_a_reader_never_sees_time_go_back_while_the_driver_changes_everything(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        clock, other = WarpClock(file), WarpClock(file)
        last = clock.now()
        for n in range(2000):
            (driver.beat, driver.freeze, lambda: driver.run(86_400), lambda: driver.jump(HOUR))[n % 4]()
            assert last <= (last := clock.now())
        driver.freeze()
        assert clock.now() - other.now() < timedelta(seconds=1)


def test_without_its_driver_time_stops_at_the_lease_instead_of_leaping(file: Path) -> None:
    driver = WarpDriver(file, START)
    driver.run(3600)
    segment = driver._segment
    years_later = segment.real_ns + 10**17
    after_a_reboot = 5
    assert segment.at(years_later) == segment.at(after_a_reboot) == segment.domain_us + 3600 * LEASE_NS // 1000
    driver.close()


DRIVE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from services.kernel.warp import WarpDriver
driver = WarpDriver(Path(sys.argv[1]), datetime(2026, 5, 1, 6, tzinfo=UTC))
driver.run(3600)
while True:
    driver.beat()
    print(driver.now().isoformat(), flush=True)
"""


def test_after_kill_9_of_the_driver_time_goes_on_where_it_was(file: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", DRIVE, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(50):
            seen = datetime.fromisoformat(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    seen = datetime.fromisoformat(rest[-1]) if rest and len(rest[-1]) == len(seen.isoformat()) else seen
    time_enough_to_leap = LEASE_NS / 1e9 + 0.3
    asyncio.run(asyncio.sleep(time_enough_to_leap))
    before = WarpClock(file).now()
    with WarpDriver(file) as driver:
        assert driver.now() == before
        assert timedelta(0) <= before - seen < 1.5 * HOUR * LEASE_NS / 1e9
        assert driver.speed == 0


def test_a_slot_that_was_only_half_written_leaves_the_time_before_it(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        driver.jump(HOUR)
        page = _Page(file, mmap.ACCESS_WRITE)
        newest = page.read()
        at = newest.generation % 2 * _Page.SIZE
        packed = _Page.pack(newest._replace(generation=newest.generation + 2, domain_us=0))
        for cut in range(9, len(packed)):
            page.map[at : at + cut] = packed[:cut]
            if cut < len(packed) - 1:
                assert WarpClock(file).now() in {START, START + HOUR}
        page.close()


def test_two_drivers_of_one_clock_are_refused(file: Path) -> None:
    with WarpDriver(file, START), pytest.raises(ClockError, match="another process drives"):
        WarpDriver(file)
    WarpDriver(file).close()


def test_a_clock_that_does_not_exist_or_is_something_else_says_what_to_do(file: Path) -> None:
    with pytest.raises(ClockError, match="outagectl up"):
        WarpClock(file)
    with pytest.raises(ClockError, match="needs a start"):
        WarpDriver(file)
    for content in (b"", b"notes" * 100):
        file.write_bytes(content)
        with pytest.raises(ClockError, match="OUTAGE_CLOCK_FILE"):
            WarpClock(file)


def test_creating_over_a_clock_that_exists_keeps_its_time(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        driver.jump(HOUR)
    _Page.create(file, START)
    with WarpDriver(file, START) as driver:
        assert driver.now() == START + HOUR


async def test_a_warped_wait_ends_when_time_jumps_past_it(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        clock = clock_from(str(file))
        waiter = asyncio.create_task(clock.sleep_until(START + HOUR, 30))
        await asyncio.sleep(0.05)
        assert not waiter.done()
        driver.jump(HOUR)
        await asyncio.wait_for(waiter, 1)
        await asyncio.wait_for(clock.sleep_until(None, 0.01), 1)


async def test_keep_running_renews_the_lease_and_freezes_at_the_end(file: Path) -> None:
    with WarpDriver(file, START) as driver:
        driver.run(60)
        task = asyncio.create_task(driver.keep_running())
        await asyncio.sleep(LEASE_NS / 1e9 + 0.3)
        assert driver.now() - START > timedelta(seconds=60 * LEASE_NS / 1e9)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert driver.speed == 0


def test_wall_time_is_never_warped(file: Path) -> None:
    with WarpDriver(file, START):
        assert abs(WarpClock(file).wall() - SystemClock().now()) < timedelta(minutes=1)


def test_without_a_file_the_clock_is_the_machines() -> None:
    assert type(clock_from(None)) is SystemClock
    assert _Segment(1, 5, 0, 0, 0.0).at(10**18) == 5
