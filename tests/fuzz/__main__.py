"""`make fuzz N=100000`: so many records at the write path of every service on a real PostgreSQL, and the figures.

The seed is printed; SEED=… plays the same again. The first record that is an exit is written down and ends it with 1.
"""

import asyncio
import logging
import os
import random
import sys
import traceback
from collections import Counter

import structlog

from devstack.servers.stack import Stack
from tests.fuzz.bench import NAMES, Ends, batches, under_fire


async def main(count: int, seed: int) -> int:
    """Throw `count` records, shared among the services; 0 when each of them has its end and every audit passes."""
    print(f"seed {seed}", flush=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    wrong = 0
    # Its records come from paper; only the tables are real. A Kafka that is said to be there is not started.
    environment = os.environ | {"OUTAGE_KAFKA": "none:0"}
    async with Stack(None, environment=environment) as stack:
        for name in NAMES:
            wrong += await _one(stack.postgres, name, count // len(NAMES), seed)
    return 1 if wrong else 0


async def _one(postgres: str, name: str, count: int, seed: int) -> int:
    ends, exits = Ends(), 0
    async with under_fire(postgres, name, ends) as (under, connection):
        for batch in batches(random.Random(f"{seed}/{name}"), count, under.service.inputs):
            try:
                await under.take(batch)
            except Exception:  # noqa: BLE001 - this is what is looked for
                exits += 1
                traceback.print_exc()
                print(f"an exit, at record {ends.records} and the {len(batch)} after it", flush=True)
                break
        faults = await under.faults(connection)
        failed = Counter(
            str(row["detail"])[:160]
            for row in await connection.fetch("select detail from quarantine where reason = 'decide-failed'")
        )
    by = {what: ends.counts[name, what] for what in ("event", "refusal", "duplicate", "quarantine")}
    rate = ends.records / ends.seconds if ends.seconds else 0.0
    print(
        f"{name:9} {ends.records:>7,} records  {rate:>6,.0f}/s  exits {exits}  "
        + "  ".join(f"{w} {n:,}" for w, n in by.items())
    )
    print("          " + ", ".join(f"{reason} {n:,}" for (_, reason), n in ends.reasons.most_common()))
    for detail, n in failed.most_common(10):
        print(f"          decide failed {n} times: {detail}")
    for check, texts in faults.items():
        print(f"          audit {check}: {texts[:3]}")
    sys.stdout.flush()
    return exits + len(faults) + len(failed)


if __name__ == "__main__":
    wanted, start = int(os.environ.get("N", "100000")), int(os.environ.get("SEED") or 0) or random.randrange(1, 10**9)
    sys.exit(asyncio.run(main(wanted, start)))
