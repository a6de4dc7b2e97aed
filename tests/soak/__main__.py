"""`python -m tests.soak HOURS`: the real stack under a steady trickle; exit code 1 when anything grows without bound.

Written to build/soak: figures.csv (every look), figures.svg (all of them over time), verdict.txt. In less than two hours caches
still fill: what is named then is to be looked at in the picture.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.soak.judging import LEAST_LOOKS, WARM_UP
from tests.soak.picture import page
from tests.soak.run import Pace, Soaked, real, soak, warped
from tests.soak.verdict import Verdict, judge

MOST_LOOKS = 2_000
LEAST_SECONDS = 5.0
TURN_SECONDS = 2.0


def pace_of(hours: float) -> Pace:
    """Looks as dense as is of use: often enough for a verdict, and some thousands at most."""
    seconds = hours * 3600
    enough = seconds * (1 - WARM_UP) / (LEAST_LOOKS + 4)
    return Pace(seconds, min(enough, max(LEAST_SECONDS, seconds / MOST_LOOKS)), TURN_SECONDS)


async def _soaked(folder: Path, pace: Pace, gap: timedelta | None) -> Soaked:
    made = real(folder) if gap is None else warped(folder, gap)
    async with made as (system, city, pass_time):
        return await soak(system, city, pass_time, pace, lambda line: print(line, flush=True))  # noqa: T201 - its screen


def keep(soaked: Soaked, verdict: Verdict, to: Path) -> None:
    """What a person looks at afterwards."""
    to.mkdir(parents=True, exist_ok=True)
    soaked.write(to / "figures.csv")
    grew = {one.series.name for one in verdict.grew}
    by_design = {one.series.name for one, _ in verdict.by_design}
    title = f"{soaked.facts} facts in {soaked.turns} turns"
    (to / "figures.svg").write_text(page(soaked.series(), grew, by_design, title), encoding="utf-8")
    (to / "verdict.txt").write_text("\n".join(verdict.lines()) + "\n", encoding="utf-8")


def main(argv: Sequence[str]) -> int:
    """Soak, keep, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("hours", nargs="?", type=float, default=2.0, help="real hours (default 2)")
    parser.add_argument("--gap", type=float, default=120.0, help="minutes by which the clock moves after each turn")
    parser.add_argument("--real", action="store_true", help="on the machine's clock: no deadline comes early")
    parser.add_argument("--to", type=Path, default=Path("build/soak"))
    given = parser.parse_args(argv)
    # Nobody but the services is judged by what they log.
    logging.getLogger("services.kernel.adapters.migrate").setLevel(logging.CRITICAL)
    gap = None if given.real else timedelta(minutes=given.gap)
    with tempfile.TemporaryDirectory(prefix="outage-soak-") as folder:
        soaked = asyncio.run(_soaked(Path(folder) / "data", pace_of(given.hours), gap))
    verdict = judge(soaked.series())
    keep(soaked, verdict, given.to)
    died = [f"DIED: {name}, started again {times} times" for name, times in soaked.restarts.items()]
    print("\n".join([*verdict.lines(), *died]))  # noqa: T201
    return 0 if verdict.sound and not died else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
