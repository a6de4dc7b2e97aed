"""Start a server and wait until it answers, or say why it does not: what PostgreSQL and Kafka have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from devstack.processes.supervisor import Child

Progress = Callable[[str], None]
_LOG_KEPT = 10 * 2**20  # bytes; one older log file is kept beside it


class NodeError(Exception):
    """A server of the stack could not be made ready; the text names it, the reason and its log."""


class DiedWhileStartingError(NodeError):
    """The server ended before it answered; `output` is what it printed in this try."""

    def __init__(self, child: Child, output: str) -> None:
        self.output = output
        last = "\n  ".join(output.strip().splitlines()[-8:])
        super().__init__(
            f"{child.name} ended with {child.returncode} before it answered. Its log, {child.log_file}, ends:\n  {last}"
        )


class ServerNode:
    """A server's process, and whether it was told to end. How it ends in order is the process's own (its stop signal)."""

    child: Child | None = None
    told_to_end = False

    async def stop(self) -> None:
        """End it in order: all is written, and it can be started again."""
        self.told_to_end = True
        if self.child is not None:
            await self.child.stop()

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.told_to_end = True
        if self.child is not None:
            self.child.kill()
            await self.child.wait()


def roll(log_file: Path) -> int:
    """Put a log grown large aside as `NAME.1`; return the size of what is left, where the next run will begin."""
    size = log_file.stat().st_size if log_file.exists() else 0
    if size <= _LOG_KEPT:
        return size
    log_file.replace(log_file.with_name(log_file.name + ".1"))
    return 0


async def bring_up(
    start: Callable[[], Awaitable[Child]],
    answers: Callable[[], Awaitable[bool]],
    *,
    log_file: Path,
    patience: float = 90.0,
) -> Child:
    """Start a server and return it once `answers()` is true; `patience` in seconds.

    Raises DiedWhileStartingError, or NodeError when it runs but stays silent.
    """
    begin = roll(log_file)
    child = await start()
    try:
        async with asyncio.timeout(patience):
            while child.running:
                if await answers():
                    return child
                await asyncio.sleep(0.03)
    except TimeoutError:
        await child.stop()
        raise NodeError(f"{child.name} runs but did not answer within {patience:.0f} s; see {log_file}") from None
    with log_file.open("rb") as log:
        log.seek(begin)
        raise DiedWhileStartingError(child, log.read().decode(errors="replace"))


async def finish(child: Child) -> None:
    """Wait for a helper program such as initdb; raises DiedWhileStartingError unless it succeeds."""
    if await child.wait() != 0:
        raise DiedWhileStartingError(child, child.log_file.read_text(errors="replace"))
