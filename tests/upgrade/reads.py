"""Have the release before read records beside this code: run with its code and test kits on the path, DSN.

They come on standard input, as a JSON array: topic, partition, key, headers, value of each. Prints a line for each: `taken`, or why
it stops there. Everything here is imported from that release, so nothing may be used that it did not have.
"""

import asyncio
import contextlib
import json
import sys

from services.kernel.clock import SystemClock
from services.kernel.model import KernelError
from tests.kits.stack.sending import _tools


async def main(dsn: str) -> None:
    """Take each as a pod of that release would."""
    async with contextlib.AsyncExitStack() as exits:
        clock = SystemClock()
        _, ingest = await _tools(dsn, clock, exits)
        for given in json.load(sys.stdin):
            headers = {name: value.encode() for name, value in given["headers"].items()}
            place, value = (given["topic"], given["partition"]), given["value"].encode()
            record = ingest._broker.put(*place, given["key"], headers, value, clock.now())
            try:
                await ingest.take([record])
            except KernelError as error:
                sys.stdout.write(f"{error}\n")
            else:
                sys.stdout.write("taken\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
