"""Run another worker of a service beside those of a running system, by this code or another's."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

from devstack.processes.supervisor import Child
from tests.kits.system.breakable import Breakable


@asynccontextmanager
async def another_worker(
    system: Breakable, service: str, *, program: Sequence[str] = (), code: Path | None = None
) -> AsyncIterator[Child]:
    """A second worker of a service, which takes over some partitions while it is there and gives them back.

    `program`: what is run instead of the service's module; `code`: a folder that is first on its path.
    """
    words = [*program] or ["-m", f"services.{service}"]
    path = {} if code is None else {"PYTHONPATH": str(code)}
    number = len(list(system.folder.glob(f"{service}-more-*.log")))
    child = await system.stack.supervisor.start(
        f"{service}-more-{number}",
        [sys.executable, *words],
        env=system.environment(service) | {"OUTAGE_HTTP_PORT": "0", "OUTAGE_INSTANCE": f"{service}-1"} | path,
        log_file=system.folder / f"{service}-more-{number}.log",
    )
    try:
        yield child
        if child.running:
            child.kill(SIGTERM)
        async with asyncio.timeout(30):
            await child.wait()
    finally:
        if child.running:
            child.kill(SIGKILL)
            await child.wait()
