"""`python -m tests.sim.upgrade 1-12`: histories that a kept release begins and this code ends; exit code 1 when one goes wrong."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.__main__ import seeds
from tests.sim.city.databases import server
from tests.sim.upgrade.releases import KEPT, play, unpack


def _play(numbers: Sequence[int], name: str, postgres: str) -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        release = unpack(name, Path(place))
        for number in numbers:
            with tempfile.TemporaryDirectory() as folder:
                half, outcome = play(number, release, postgres, Path(folder))
            before = f"  told before {len(half.stage['known']):>3}"
            print("\n".join([outcome.line() + before, *(f"    {line}" for line in outcome.wrong)]), flush=True)  # noqa: T201
            wrong += bool(outcome.wrong)
    return wrong


async def _run(numbers: Sequence[int], name: str) -> int:
    async with server() as stack:
        return await asyncio.to_thread(_play, numbers, name, stack.postgres)


def main(argv: Sequence[str]) -> int:
    """Play the seeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.upgrade", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="1-12", help="7, 1-12 or 1,5,9-12")
    parser.add_argument("--release", choices=sorted(KEPT), default=max(KEPT))
    given = parser.parse_args(argv)
    logging.getLogger().setLevel(logging.CRITICAL)
    return 1 if asyncio.run(_run(seeds(given.seeds), given.release)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
