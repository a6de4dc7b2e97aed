"""Have the release before read a record beside this code: run with its code and test kits on the path, DSN.

The record comes on standard input, as JSON: topic, key, headers, value. Everything here is imported from that release.
"""

import asyncio
import contextlib
import json
import sys

from services.kernel.clock import SystemClock
from tests.kits.stack.sending import _tools


async def main(dsn: str) -> None:
    """Take it as a pod of that release would."""
    given = json.load(sys.stdin)
    async with contextlib.AsyncExitStack() as exits:
        clock = SystemClock()
        _, ingest = await _tools(dsn, clock, exits)
        headers = {name: value.encode() for name, value in given["headers"].items()}
        value = given["value"].encode()
        record = ingest._broker.put(given["topic"], 0, given["key"], headers, value, clock.now())
        await ingest.take([record])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
