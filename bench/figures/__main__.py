"""`python -m bench.figures`: a month of 100,000 outages reported, on a throw-away Postgres. Writes build/bench/figures.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from bench.figures.month import fill, measure
from operations.system.location import find
from tests.kits.stack.databases import database
from tests.kits.stack.servers import NOBODY, in_background

RESULT = Path("build/bench/figures.json")


async def run(postgres: str, outages: int) -> dict[str, Any]:
    """In a database of its own."""
    async with database(postgres, "restorer") as address:
        await fill(address, outages)
        os.environ["OUTAGE_POSTGRES"] = address
        return await measure(find(None))


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outages", type=int, default=100_000)
    options = parser.parse_args()
    with in_background({"OUTAGE_KAFKA": NOBODY}, {}) as servers:
        found = asyncio.run(run(servers.postgres, options.outages))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1))
    for name, value in found.items():
        print(f"{name:18} {value:>14,}")


if __name__ == "__main__":
    main()
