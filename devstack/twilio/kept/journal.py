"""Write JSON lines that survive `kill -9` of the writer; append only.

Each line goes to the kernel in one unbuffered write before the caller goes on: losing power may lose the end, losing
the process may not.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from devstack.private import FILE, opener, private_folder


class Journal:
    """One file, one writer."""

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        _drop_torn_end(path)
        self._file = open(path, "ab", buffering=0, opener=opener)  # noqa: SIM115 - closed by close()
        self._file.seek(0, os.SEEK_END)
        path.chmod(FILE)

    def append(self, record: object) -> None:
        """Writes one line; when this returns the line outlives the process.

        Raises OSError where the disk has no room for all of it, and leaves nothing of it: half a line would swallow the next.
        """
        line = msgspec.json.encode(record) + b"\n"
        before = self._file.tell()
        written = 0
        try:
            written = self._file.write(line)
        finally:
            if written != len(line):
                self._file.truncate(before)
                self._file.seek(before)
        if written != len(line):
            raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes fitted", self._file.name)

    def close(self) -> None:
        """Closes the file; appending afterwards raises ValueError."""
        self._file.close()


def lines(path: Path) -> Iterator[bytes]:
    """Whole lines of a journal, oldest first; none when the file is absent. Unfinished lines are left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line


def _drop_torn_end(path: Path) -> None:
    # Half a line was never acknowledged to anybody; left in place it would swallow the line after it.
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)
