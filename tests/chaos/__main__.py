"""`python -m tests.chaos 1-40`: storms with kills, each seed on a system of its own; a line each, then the sum.

Exit code 1 when a seed lost, doubled or parked anything valid, or said what was false. Evidence: build/chaos/seed-N/.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.chaos.run import Result, play

KEEP = Path("build/chaos")


def seeds(text: str) -> list[int]:
    """`7`, `1-40` or `1,5,9-12` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def summary(results: Sequence[Result]) -> list[str]:
    """The table of attacks and what they cost, and the sum of all seeds."""
    kinds = Counter(str(blow.attack) for result in results for blow in result.blows)
    lines = ["", f"{'attack':30} times  ready again, s: median / worst"]
    for kind, times in sorted(kinds.items()):
        took = [
            blow.recovered
            for result in results
            for blow in result.blows
            if str(blow.attack) == kind and blow.recovered is not None
        ]
        lines.append(
            f"{kind:30} {times:5}  {median(took):6.1f} / {max(took):.1f}" if took else f"{kind:30} {times:5}  never"
        )
    took = [one for result in results for one in result.recoveries]
    wrong = [result.seed for result in results if result.wrong]
    lines += [
        "",
        (
            f"{len(results)} seeds, {sum(result.facts for result in results)} facts, "
            f"{sum(len(result.blows) for result in results)} attacks, texts {sum(result.texts for result in results)}, "
            f"stale: {sum(result.stale for result in results)}"
        ),
        f"ready again: median {median(took):.1f} s, worst {max(took):.1f} s" if took else "no attack was made",
        f"clean {len(results) - len(wrong)}, wrong {len(wrong)}" + (f": {wrong}" if wrong else ""),
    ]
    return lines


async def _play(numbers: Sequence[int], seconds: float, jobs: int) -> list[Result]:
    """Play each seed, `jobs` at a time; a line as each comes to its end."""
    gate = asyncio.Semaphore(jobs)

    async def one(seed: int) -> Result:
        async with gate:
            result = await play(seed, seconds, KEEP)
        print(result.line(), flush=True)  # noqa: T201 - this is the command's screen
        return result

    return list(await asyncio.gather(*(one(seed) for seed in numbers)))


def main(argv: Sequence[str]) -> int:
    """Play the seeds; exit code 1 when one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="1-40", help="7, 1-40 or 1,5,9-12")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each storm blows")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time, each a system of its own (default 1)")
    given = parser.parse_args(argv)
    # That a broker which was killed does not answer is the point, not news.
    for name in ("aiokafka", "services.kernel.adapters.migrate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    results = asyncio.run(_play(seeds(given.seeds), given.seconds, given.jobs))
    print("\n".join(summary(results)))  # noqa: T201
    return 1 if any(result.wrong for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
