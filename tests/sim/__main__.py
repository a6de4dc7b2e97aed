"""`python -m tests.sim 1-300`: simulated histories with whatever can break breaking; a line each, then the sum.

Of what goes wrong the smallest story is sought that does so, too, and printed with the line that repeats it.
Exit code 1 when one of them lost, doubled, forgot or said anything false. The same seed is the same history.
With `--mutants` (all) or `--mutant NAME`, the same with deliberate faults in the code: each has to be found.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing import get_context

from services.kernel.adapters import migrate
from services.kernel.clock import SystemClock
from tests.chaos.__main__ import seeds
from tests.sim.city.breaking.restored import with_restore
from tests.sim.city.databases import server, template
from tests.sim.city.plan.draw import draw
from tests.sim.city.plan.naming import parse
from tests.sim.city.play import begin, play_here
from tests.sim.city.story import Outcome
from tests.sim.mutants.catalogue import MUTANTS
from tests.sim.mutants.hunt import Hunt, hunt
from tests.sim.shrinking import SECONDS, shrink_here

MOST_SHRUNK = 3
"""Of the stories that went wrong, so many are made smaller."""


def summary(outcomes: Sequence[Outcome], seconds: float) -> list[str]:
    """What befell them, and the sum."""
    kinds = Counter(attack.kind for outcome in outcomes for attack in outcome.attacks)
    workloads = Counter(name for outcome in outcomes for name in outcome.plan.workloads())
    wrong = [outcome.seed for outcome in outcomes if outcome.wrong]
    return [
        "",
        "  ".join(f"{name} {count}" for name, count in sorted(workloads.items())),
        "  ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())),
        (
            f"{len(outcomes)} histories, {sum(one.facts for one in outcomes)} facts, {sum(kinds.values())} attacks, "
            f"{sum(one.restarts for one in outcomes)} starts again, texts {sum(one.texts for one in outcomes)}, "
            f"{sum(one.requests for one in outcomes):,} requests to the database"
        ),
        f"{seconds:.0f} s, {len(outcomes) / seconds:.2f} histories a second",
        f"clean {len(outcomes) - len(wrong)}, wrong {len(wrong)}" + (f": {wrong}" if wrong else ""),
    ]


def _cores() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


@asynccontextmanager
async def _players(jobs: int) -> AsyncIterator[Executor]:
    """Processes that play histories."""
    async with server() as stack:
        made = await template(stack.postgres)
        context = get_context("spawn")
        cores, here = context.SimpleQueue(), _cores()
        for number in range(jobs):
            cores.put(here[number % len(here)])
        with ProcessPoolExecutor(jobs, context, begin, (stack.postgres, made, cores)) as pool:
            try:
                yield pool
            finally:
                pool.shutdown(wait=False, cancel_futures=True)  # what is under way is played to its end, no more


async def _play(
    numbers: Sequence[int], jobs: int, leave: Sequence[str], seconds: float, *, restore: bool, gateway: bool
) -> list[Outcome]:
    loop, found = asyncio.get_running_loop(), []
    async with _players(jobs) as pool:
        play = partial(play_here, restore=restore, gateway=gateway)
        playing = [loop.run_in_executor(pool, play, number, leave) for number in numbers]
        try:
            for one in asyncio.as_completed(playing):
                found.append(await one)
                print("\n".join([found[-1].line(), *(f"    {line}" for line in found[-1].wrong)]), flush=True)  # noqa: T201 - the command's screen
        except asyncio.CancelledError:  # Ctrl-C: what was played is summed up
            return found
        # A story without its restore, or its second provider, is another one: it is not made smaller.
        await _shrink(pool, [one for one in found if one.wrong][:MOST_SHRUNK], 0.0 if restore or gateway else seconds)
    return found


async def _hunt(
    names: Sequence[str], numbers: Sequence[int], jobs: int, leave: Sequence[str], seconds: float
) -> list[Hunt]:
    hunts = []
    async with _players(jobs) as pool:
        for name in names:
            hunts.append(await hunt(pool, jobs, name, numbers, leave))
            print("\n".join(hunts[-1].lines()), flush=True)  # noqa: T201
            if (found := hunts[-1].found) is not None:
                await _shrink(pool, [found], seconds, name)
    return hunts


async def _shrink(pool: Executor, wrong: Sequence[Outcome], seconds: float, mutant: str = "") -> None:
    loop = asyncio.get_running_loop()
    for one in wrong if seconds else ():
        small = await loop.run_in_executor(pool, shrink_here, one, mutant, seconds)
        print("\n".join(small.lines()), flush=True)  # noqa: T201


def main(argv: Sequence[str]) -> int:
    """Play the seeds; exit code 1 when one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="1-300", help="7, 1-300 or 1,5,9-12")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--mutant", action="append", choices=sorted(MUTANTS), help="a fault in the code, to be found")
    parser.add_argument("--mutants", action="store_true", help="every such fault, one after the other")
    parser.add_argument(
        "--leave", default="", help="what of the stories is left out: o2,a1,f7,c3, a workload, provider"
    )
    parser.add_argument(
        "--shrink", type=float, help=f"seconds for each story that is made smaller ({SECONDS:.0f}; for --mutants 0)"
    )
    parser.add_argument("--restore", action="store_true", help="in each story a database goes back to some time before")
    parser.add_argument("--gateway", action="store_true", help="half of the texts go by a second provider")
    parser.add_argument("--print", action="store_true", help="print the stories before they are played")
    given = parser.parse_args(argv)
    numbers, leave = seeds(given.seeds), parse(given.leave)
    logging.getLogger(migrate.__name__).setLevel(logging.ERROR)  # the tables of a new database are no news here
    if given.print:
        plans = [with_restore(draw(seed)) if given.restore else draw(seed) for seed in numbers]
        print("\n".join(line for plan in plans for line in plan.without(leave).lines()), flush=True)  # noqa: T201
    if given.mutants or given.mutant:
        names = list(MUTANTS) if given.mutants else given.mutant
        hunts = asyncio.run(_hunt(names, numbers, given.jobs, leave, given.shrink or 0.0))
        print(f"found {sum(one.found is not None for one in hunts)} of {len(hunts)}")  # noqa: T201
        return 0 if all(one.as_known and not one.anyway for one in hunts) else 1
    clock = SystemClock()
    began = clock.monotonic()
    shrink = SECONDS if given.shrink is None else given.shrink
    outcomes = asyncio.run(_play(numbers, given.jobs, leave, shrink, restore=given.restore, gateway=given.gateway))
    print("\n".join(summary(outcomes, clock.monotonic() - began)))  # noqa: T201
    if len(outcomes) < len(numbers):
        print(f"stopped: {len(numbers) - len(outcomes)} seeds were not played")  # noqa: T201
    return 1 if any(outcome.wrong for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
