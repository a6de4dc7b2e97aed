"""How soon a fact is public: from the POST at the gateway until the board's look-up says that power is off.

`python -m bench.board.visible [--facts 15]`: a whole system of its own, nothing else on the machine. To reach: 15 s (board.md, 7).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from devstack.system import System
from services.kernel.clock import SystemClock

REACH_SECONDS: Final = 15.0
LOOKS_A_SECOND: Final = 20.0
OFF: Final = "停电中"
RESULTS: Final = Path("build/bench/board_visible.json")


def started(mrid: str, area: str) -> dict[str, Any]:
    """A fault that begins now."""
    at = SystemClock().now().isoformat()
    data = {"mRID": mrid, "outageClass": "fault", "startedAt": at, "extent": {"areas": [area], "customersAffected": 40}}
    return {
        "specversion": "1.0",
        "id": mrid,
        "source": "/dispatch/bench",
        "type": "outage.started.v1",
        "time": at,
        "data": data,
    }


async def seconds_until_public(system: System, session: aiohttp.ClientSession, number: int) -> float:
    """Tell one fault, and look until anybody can read it."""
    clock, area = SystemClock(), f"第{number}小区"
    headers = {"Authorization": f"Bearer {system.gateway_token}", "Content-Type": "application/cloudevents+json"}
    body = json.dumps(started(f"BENCH-{number}", area)).encode()
    told = clock.monotonic()
    async with session.post(f"{system.gateway_url}/v1/events", data=body, headers=headers) as answer:
        answer.raise_for_status()
    url = f"{system.board_url}/off?q={quote(area)}"
    while True:
        async with session.get(url) as page:
            if OFF in await page.text():
                return clock.monotonic() - told
        await asyncio.sleep(1 / LOOKS_A_SECOND)


async def measure(facts: int) -> list[float]:
    """So many, one after the other, on a system of its own."""
    environment = {"OUTAGE_BOARD_ROUND_SECONDS": "5", "OUTAGE_BOARD_PLACES_PER_MINUTE": "100000"}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            System(Path(folder), board=True, environment=environment) as system,
            aiohttp.ClientSession() as session,
        ):
            found = []
            for number in range(facts):
                await asyncio.sleep(0.37)  # not in step with the renderer's rounds
                found.append(await seconds_until_public(system, session, number))
            return found


def main() -> None:
    """Measure, print, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=15)
    found = sorted(asyncio.run(measure(parser.parse_args().facts)))
    row = {"facts": len(found), "p50": statistics.median(found), "max": found[-1], "load": os.getloadavg()[0]}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(row, indent=1), encoding="utf-8")
    print(
        f"{len(found)} facts public after {row['p50']:.1f} s (median), {row['max']:.1f} s at most; to reach {REACH_SECONDS:.0f} s"
    )


if __name__ == "__main__":
    main()
