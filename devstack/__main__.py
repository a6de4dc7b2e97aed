"""`python -m devstack`: run PostgreSQL and Kafka until Ctrl-C and print what to export."""

import argparse
import asyncio
import shlex
import signal
import sys
from pathlib import Path

from devstack.servers.jars import JarRefusedError, JarsUnavailableError
from devstack.servers.stack import NodeError, Stack, StackInUseError


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  standard output is for the export lines alone


async def run(folder: Path | None) -> int:
    """Exit code: 0 after Ctrl-C or SIGTERM, 1 when a server died or could not be started."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    life = asyncio.create_task(_live(folder, told))
    signalled = asyncio.create_task(told.wait())
    # Starting can take long the first time, and must be as easy to stop as running.
    await asyncio.wait({life, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if not life.done():
        life.cancel()
        _tell("stopping")
    signalled.cancel()
    try:
        return await life
    except asyncio.CancelledError:
        return 0
    except (NodeError, StackInUseError, JarsUnavailableError, JarRefusedError) as problem:
        _tell(str(problem))
        return 1


async def _live(folder: Path | None, told: asyncio.Event) -> int:
    async with Stack(folder, on_progress=_tell) as stack:
        for name, value in stack.environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201  this is what the command is for
        _tell(f"logs and data in {stack.folder}; Ctrl-C ends everything")
        node = await stack.death()
        if told.is_set():
            return 0
        _tell(f"{node.name} died with {node.child.returncode if node.child else '?'}; see {node.log_file}")
        return 1


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, help="keep data here between runs (default: a temporary folder, removed afterwards)"
    )
    return asyncio.run(run(parser.parse_args().folder))


if __name__ == "__main__":
    sys.exit(main())
