"""Keep what new servers hold once they are prepared; the next ones begin with a copy, which costs a tenth of the processor time."""

import asyncio
import fcntl
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from devstack.private import private_folder
from devstack.servers.node import NodeError

# Not ports and logs: those are each stack's own.
_HELD = (Path("postgres"), Path("kafka", "data"))


class Prepared:
    """Copies in `place`, a folder of one owner and one version of the code: nothing here looks at what changed since."""

    def __init__(self, place: Path) -> None:
        self._place = place

    async def begin(self, folder: Path, name: str, make: Callable[[Path], Awaitable[None]]) -> None:
        """Put what servers hold into a `folder` in which none has begun yet.

        `make` prepares servers in a folder of its own and ends them; it is called once for a `name`, by whoever comes first,
        and others wait for it, in other processes too. Raises what it raises, and NodeError where nothing can be copied.
        """
        if any((folder / held).exists() for held in _HELD):
            return
        private_folder(self._place)
        whole = self._place / name
        with (self._place / f"{name}.lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            if not whole.exists():
                made = self._place / f"{name}.new"
                await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)  # of one who died, or failed, over it
                await make(made)
                made.rename(whole)
        for held in _HELD:
            if (whole / held).exists():  # of servers that were prepared one may be somebody else's
                private_folder((folder / held).parent)
                await _copy(whole / held, folder / held)


async def _copy(what: Path, to: Path) -> None:
    """With owners and rights: PostgreSQL takes no others."""
    copying = await asyncio.create_subprocess_exec("cp", "-a", str(what), str(to))
    if await copying.wait() != 0:
        raise NodeError(f"{what} could not be copied to {to}")
