"""Run a system under the trickle for so many seconds, look at it again and again, and keep what was seen."""

import asyncio
import contextlib
import csv
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from devstack.play import Play
from devstack.player import Visitor
from devstack.system import System
from services.notifier.tables.vault import Vault
from tests.kits.system.breakable import told
from tests.kits.system.load import customers
from tests.soak.figures import Watch
from tests.soak.judging import Series
from tests.soak.trickle import CUSTOMERS, Trickle

START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ENVIRONMENT: Final = {"OUTAGE_INBOX_DAYS": "7", "OUTAGE_QUARANTINE_DAYS": "7"}
"""As short as they may be, so that a soak of hours sees rows pruned."""
SEED: Final = 1
SAY_LOOKS: Final = 30
"""After so many looks a line says how far it is."""

Pass = Callable[[], Awaitable[object]]


@dataclass
class Soaked:
    """What was seen. `restarts`: how often each process that died was started again."""

    turns: int = 0
    facts: int = 0
    points: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    restarts: dict[str, int] = field(default_factory=dict)

    def series(self) -> list[Series]:
        """Every figure over time."""
        return [Series(what, figure, tuple(points)) for (what, figure), points in sorted(self.points.items())]

    def write(self, path: Path) -> None:
        """As CSV: a line for each value."""
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("seconds", "what", "figure", "value"))
            for (what, figure), points in sorted(self.points.items()):
                rows.writerows((f"{at:.1f}", what, figure, f"{value:.6g}") for at, value in points)


@dataclass(frozen=True)
class Pace:
    """In real seconds: how long the soak lasts, how often it is looked at, and how far two turns are apart at least."""

    seconds: float
    every: float
    turn: float


@contextlib.asynccontextmanager
async def warped(folder: Path, gap: timedelta) -> AsyncIterator[tuple[System, Visitor, Pass]]:
    """A system of its own whose clock moves by `gap` after each turn, once nothing is left to do.

    So no text waits longer, by that clock, than it would in life: while the system works time stands still.
    """
    async with Play(folder, START, environment=ENVIRONMENT) as play:

        async def pass_time() -> None:
            await play.settle()
            await play.until(play.clock.now() + gap)

        yield play.system, play, pass_time


@contextlib.asynccontextmanager
async def real(folder: Path) -> AsyncIterator[tuple[System, Visitor, Pass]]:
    """A system of its own on the machine's clock: time passes by itself."""
    async with System(folder, environment=ENVIRONMENT) as system, told(folder) as city:
        yield system, city, _nothing


async def _nothing() -> None:
    """Time is not ours."""


async def soak(system: System, city: Visitor, pass_time: Pass, pace: Pace, say: Callable[[str], None]) -> Soaked:
    """Tell it things at that pace until the time is over."""
    soaked = Soaked()
    loop = asyncio.get_running_loop()
    async with Watch(system) as watch:
        began = loop.time()

        async def look() -> None:
            at = loop.time() - began
            for what, figure, value in await watch.look():
                soaked.points[what, figure].append((at, value))

        await look()
        telling = asyncio.create_task(_tell(system, city, pass_time, pace, soaked))
        try:
            for number in range(1, int(pace.seconds / pace.every) + 1):
                done, _ = await asyncio.wait({telling}, timeout=began + number * pace.every - loop.time())
                if done:
                    break
                await look()
                if number % SAY_LOOKS == 0:
                    say(f"{loop.time() - began:6.0f} s  {soaked.facts} facts in {soaked.turns} turns")
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling
        await look()
    soaked.restarts = dict(system.restarts)
    return soaked


async def _tell(system: System, city: Visitor, pass_time: Pass, pace: Pace, soaked: Soaked) -> None:
    loop = asyncio.get_running_loop()
    vault = Vault.from_text(system.secrets["vault"], system.secrets["index"])
    await city.introduce(customers(CUSTOMERS, city.clock.now()), vault)
    trickle = Trickle(SEED)
    while True:
        next_turn = loop.time() + pace.turn
        turn = trickle.turn(city.clock.now())
        await city.publish(turn.events)
        if turn.changed:
            await city.introduce(turn.changed, vault)
        await pass_time()
        soaked.turns += 1
        soaked.facts += len(turn.events)
        await asyncio.sleep(max(0.0, next_turn - loop.time()))
