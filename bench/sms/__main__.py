"""`python -m bench.sms`: sending beside how others send, and a storm; the figures to build/bench/sms.json (`make bench-sms`)."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from bench.sms import race, storm
from tests.kits.stack.servers import NOBODY, in_background

RESULT: Final = Path("build/bench/sms.json")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.sms", description=__doc__)
    parser.add_argument("--texts", type=int, default=400, help="of the race of protocols, 800 at most; 0: none is run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=20_000, help="of the storm, and facts in it; 0: none is run")
    parser.add_argument("--seconds", type=float, default=60.0, help="in which the storm's facts come")
    parser.add_argument("--rate", type=float, default=30.0, help="texts a second that the sender may post in the storm")
    parser.add_argument("--folder", type=Path, help="where data and logs of the storm stay")
    return parser


def main() -> None:
    """Measure, print, write the figures; exit 1 where something was not reached."""
    given = arguments().parse_args()
    found: dict[str, Any] = {"cores": os.cpu_count(), "loadBefore": os.getloadavg()[0]}
    missed: list[str] = []
    if given.texts:
        with in_background({"OUTAGE_KAFKA": NOBODY}, {}) as servers:
            outcomes = asyncio.run(race.race(servers.postgres, given.texts, seed=given.seed))
        found["race"] = race.figures(outcomes)
        print("\n".join(race.table(outcomes)), flush=True)
        missed += race.reached(outcomes)
    if given.customers:
        found["storm"] = asyncio.run(storm.run(given.customers, given.seconds, given.rate, given.folder))
        print("\n".join(storm.table(found["storm"])), flush=True)
        missed += storm.reached(found["storm"])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
    print(f"load average {found['loadBefore']:.1f} before, on {found['cores']} cores; figures: {RESULT}")
    if missed:
        print(f"not reached: {', '.join(missed)}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
