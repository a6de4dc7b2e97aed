"""`python -m devstack.cases FOLDER`: play every case in a folder on a running system; the last line is the sum.

Each case has a system of its own, so that nothing of another shows in what it looks at; with `--shared` those without
settings or faults of their own share one and are played at the same time.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from devstack.cases.by_day import zone_by_day
from devstack.cases.form import CaseError, Named, read
from devstack.cases.play import CasePlayer, CaseResult
from devstack.system import System, SystemNotReady
from services.kernel.clock import Clock, SystemClock

Systems = Callable[..., System]
"""What makes a system, as `System` does."""


async def _alone(named: Named, folder: Path, make: Systems) -> CaseResult:
    """A case in a system of its own, or in none where its commands need none."""
    clock = SystemClock()
    if not named.needs_a_system:
        return await CasePlayer(clock, None).play(named, folder / "here")
    try:
        zone = {} if named.tells_local_time else _by_day(clock)
        async with make(folder / "system", environment=zone | named.case.env) as system:
            return await CasePlayer(clock, folder / "system", system.twilio_url).play(named, folder / "here")
    except SystemNotReady as error:
        return CaseResult(named.name, (str(error),))


async def _together(cases: Sequence[Named], folder: Path, jobs: int, make: Systems) -> list[CaseResult]:
    """Cases that cannot disturb each other, in one system."""
    if not cases:
        return []
    gate = asyncio.Semaphore(jobs)
    clock = SystemClock()
    async with make(folder / "system", environment=_by_day(clock)) as system:
        player = CasePlayer(clock, folder / "system", system.twilio_url)

        async def one(named: Named) -> CaseResult:
            async with gate:
                return await player.play(named, folder / named.name)

        # The one that waits longest is not to be begun last.
        return await asyncio.gather(*(one(named) for named in sorted(cases, key=lambda named: -named.waits_s)))


def _by_day(clock: Clock) -> dict[str, str]:
    return {"OUTAGE_ZONE": zone_by_day(clock.now()).key}


async def run(
    cases: Sequence[Named], folder: Path, *, jobs: int, shared: bool, make: Systems = System
) -> list[CaseResult]:
    """Play `cases`, at most `jobs` at a time, in folders below `folder`, each on what `make` makes."""
    common = [one for one in cases if shared and one.needs_a_system and not one.needs_its_own]
    own = [one for one in cases if one not in common]
    gate = asyncio.Semaphore(jobs)

    async def apart(named: Named) -> CaseResult:
        async with gate:
            return await _alone(named, folder / named.name, make)

    together = asyncio.create_task(_together(common, folder / "shared", 8, make))
    verdicts = await asyncio.gather(*(apart(named) for named in own))
    return sorted([*verdicts, *await together], key=lambda verdict: verdict.name)


def collect(folder: Path) -> tuple[list[Named], list[CaseResult]]:
    """The cases of a folder, and what is wrong with files that are none."""
    cases: list[Named] = []
    wrong: list[CaseResult] = []
    for path in sorted(folder.glob("*.json")):
        try:
            cases.append(read(path))
        except CaseError as error:
            wrong.append(CaseResult(path.stem, (str(error),)))
    return cases, wrong


def main(argv: Sequence[str]) -> int:
    """Exit code 0 when every case is right; 2 when there is none."""
    parser = argparse.ArgumentParser(prog="python -m devstack.cases", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the case files (*.json) lie")
    parser.add_argument("--jobs", type=int, default=2, help="systems at a time (default 2)")
    parser.add_argument("--shared", action="store_true", help="one system for all cases without settings of their own")
    given = parser.parse_args(argv)
    cases, verdicts = collect(given.folder)
    if not cases and not verdicts:
        print(f"no case (*.json) in {given.folder}", file=sys.stderr)  # noqa: T201 - this is the command's screen
        return 2
    with tempfile.TemporaryDirectory(prefix="outage-cases-") as folder:
        verdicts += asyncio.run(run(cases, Path(folder), jobs=given.jobs, shared=given.shared))
    for verdict in sorted(verdicts, key=lambda one: one.name):
        print(f"{'wrong' if verdict.wrong else 'right'}  {verdict.name}")  # noqa: T201
        for line in verdict.wrong:
            print("  " + line.replace("\n", "\n    "))  # noqa: T201
    wrong = sum(bool(verdict.wrong) for verdict in verdicts)
    print(f"right {len(verdicts) - wrong} wrong {wrong}")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
