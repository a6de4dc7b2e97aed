"""Follow a time that one process sets and all others read from a file: the demo's days in a minute, the tests' nights."""

from __future__ import annotations

import asyncio
import fcntl
import mmap
import os
import struct
import time
import zlib
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from services.kernel.clock import EPOCH, MICROSECOND, Clock, ClockError, SystemClock, refuse_backwards, utc

POLL_SECONDS = 0.02


BEAT_SECONDS = 0.1


LEASE_NS = 500_000_000  # real time that runs on after a driver has died


AHEAD_NS = 1_000_000  # a new speed starts from the furthest a reader can be when it gets there


class _Segment(NamedTuple):
    """A stretch of warped time: from `domain_us` at `real_ns` of the machine's monotonic clock, at `speed`.

    It stands still from `until_ns` on, a lease which the driver keeps extending: without a driver time stops, instead
    of leaping to wherever the machine has got to. After a reboot the machine's clock starts below `real_ns`; then, too,
    time stands at the segment's end, the furthest that anyone can have seen.
    """

    generation: int
    domain_us: int
    real_ns: int
    until_ns: int
    speed: float

    def at(self, real_ns: int) -> int:
        """Microseconds of the domain at a moment of the machine."""
        reached = real_ns if self.real_ns <= real_ns <= self.until_ns else self.until_ns
        return self.domain_us + int((reached - self.real_ns) * self.speed) // 1000


class _Page:
    """The shared file: two slots written in turn, each with its checksum; the newest valid one is the time.

    A slot half written, even by a process that was killed, fails its checksum and the other one stands: no reader
    waits, locks or sees a torn value.
    """

    SLOT = struct.Struct("<8sQqqqd")
    MAGIC = b"OUTWARP1"
    SIZE = 64

    def __init__(self, path: Path, access: int) -> None:
        try:
            self.file = path.open("r+b" if access == mmap.ACCESS_WRITE else "rb")
            self.map = mmap.mmap(self.file.fileno(), 2 * self.SIZE, access=access)
        except FileNotFoundError:
            raise ClockError(f"no warp clock at {path}: start what drives it first (outagectl up)") from None
        except ValueError:
            raise ClockError(f"{path} is not a warp clock file: name another one in OUTAGE_CLOCK_FILE") from None
        self.path = path

    def read(self) -> _Segment:
        """The newest valid segment."""
        valid = [s for s in map(self._unpack, (0, self.SIZE)) if s is not None]
        if not valid:
            raise ClockError(f"{self.path} is not a warp clock file, or damaged: name another one in OUTAGE_CLOCK_FILE")
        return max(valid)

    def write(self, segment: _Segment) -> None:
        """Put a segment into the older slot, and onto the disk."""
        packed = self.pack(segment)
        at = segment.generation % 2 * self.SIZE
        self.map[at : at + len(packed)] = packed
        self.map.flush()

    def _unpack(self, at: int) -> _Segment | None:
        body, check = self.map[at : at + self.SLOT.size], self.map[at + self.SLOT.size : at + self.SLOT.size + 4]
        magic, *values = self.SLOT.unpack(body)
        return _Segment(*values) if magic == self.MAGIC and zlib.crc32(body).to_bytes(4) == check else None

    @classmethod
    def pack(cls, segment: _Segment) -> bytes:
        """The bytes of one slot."""
        body = cls.SLOT.pack(cls.MAGIC, *segment)
        return body + zlib.crc32(body).to_bytes(4)

    @classmethod
    def create(cls, path: Path, start: datetime) -> None:
        """A new file, frozen at `start`; appears whole, and never over another one."""
        frozen = _Segment(0, (utc(start) - EPOCH) // MICROSECOND, 0, 0, 0.0)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_bytes(cls.pack(frozen).ljust(2 * cls.SIZE, b"\0"))
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
        temporary.unlink()

    def close(self) -> None:
        """Let go of the file."""
        self.map.close()
        self.file.close()


class WarpClock(SystemClock):
    """Time as a WarpDriver tells it, the same in every process with that file. Wall and monotonic stay the machine's.

    Raises:
        ClockError: there is no such file, or it is no clock.

    """

    real = False

    def __init__(self, path: Path) -> None:
        self._page = _Page(path, mmap.ACCESS_READ)
        self._last_us = self._page.read().domain_us

    def now(self) -> datetime:
        """The domain's instant, never earlier than one this process has seen. No system call but the clock's."""
        self._last_us = max(self._last_us, self._page.read().at(time.monotonic_ns()))
        return EPOCH + self._last_us * MICROSECOND

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """See Clock. Looks again every 20 ms, as time may jump."""
        end = self.monotonic() + at_most
        while (left := end - self.monotonic()) > 0 and (instant is None or self.now() < instant):
            await asyncio.sleep(min(left, POLL_SECONDS))
        await asyncio.sleep(0)


class WarpDriver:
    """The one process that moves warped time. Stands still until told; goes on where it was after any restart.

    While time runs, `beat()` every BEAT_SECONDS (`keep_running()` does). Half a real second after the last beat time
    stands: that, times the speed, is all that a killed driver or a rebooted machine can add.

    Raises:
        ClockError: another process drives this clock, or it is new and has no start.

    """

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        if not path.exists():
            if start is None:
                raise ClockError(f"{path} does not exist: a new warp clock needs a start")
            _Page.create(path, start)
        self._page = _Page(path, mmap.ACCESS_WRITE)
        try:
            fcntl.flock(self._page.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._page.close()
            raise ClockError(f"another process drives the clock {path}: stop it first, or use its commands") from None
        self._segment = self._page.read()
        self._write(self._segment.at(time.monotonic_ns()), 0.0)

    @property
    def speed(self) -> float:
        """Domain seconds per real second; 0 = frozen."""
        return self._segment.speed

    def now(self) -> datetime:
        """The domain's instant."""
        return EPOCH + self._segment.at(time.monotonic_ns()) * MICROSECOND

    def set(self, instant: datetime) -> None:
        """Jump to an instant and go on at the same speed.

        Raises:
            ClockError: it lies in the past.

        """
        refuse_backwards(utc(instant), self.now())
        self._write((utc(instant) - EPOCH) // MICROSECOND, self.speed)

    def jump(self, by: timedelta) -> None:
        """Jump ahead by a duration and go on at the same speed.

        Raises:
            ClockError: the duration is negative.

        """
        if by < timedelta(0):
            refuse_backwards(self.now() + by, self.now())
        self._write(self._segment.at(time.monotonic_ns()) + by // MICROSECOND, self.speed)

    def run(self, speed: float) -> None:
        """Run at `speed` domain seconds per real second from here on; 0 freezes.

        Raises:
            ClockError: the speed is negative.

        """
        if speed < 0:
            raise ClockError(f"time never runs backwards: give a speed of 0 or more, not {speed}")
        self._write(self._segment.at(time.monotonic_ns() + AHEAD_NS), speed)

    def freeze(self) -> None:
        """Stand still."""
        self.run(0.0)

    def beat(self) -> None:
        """Extend the lease; nothing else changes."""
        if self.speed:
            self._write(self._segment.at(time.monotonic_ns()), self.speed)

    async def keep_running(self) -> None:
        """Beat until cancelled, then freeze."""
        try:
            while True:
                self.beat()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self.freeze()

    def close(self) -> None:
        """Freeze, and let another process drive."""
        self.freeze()
        self._page.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, domain_us: int, speed: float) -> None:
        real = time.monotonic_ns()
        until = real + LEASE_NS if speed else real
        self._segment = _Segment(self._segment.generation + 1, domain_us, real, until, speed)
        self._page.write(self._segment)


def clock_from(path: str | None) -> Clock:
    """The clock of a process: warped if a file is named (OUTAGE_CLOCK_FILE), else the machine's own."""
    return WarpClock(Path(path)) if path else SystemClock()
