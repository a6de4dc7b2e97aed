"""What a store does to a disk, so that tests can have one that is full."""

import os
from collections.abc import Mapping
from pathlib import Path

NEW = ".new"
"""Ends the name of a file that is not whole yet."""


class Disk:
    """The real one. Every method raises OSError where the disk refuses."""

    def put(self, files: Mapping[Path, bytes]) -> None:
        """Write files so that each is there whole or not at all, and stays there when power fails.

        All are written before the first is waited for: thousands waited for one by one would take minutes.
        """
        written: list[Path] = []
        try:
            for path, body in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                written.append(path)
                self.write(new(path), body)
            for path in written:
                self.sync(new(path))
            for path in written:
                self.replace(new(path), path)
            for folder in {path.parent for path in written}:
                self.sync(folder)
        except OSError:
            for path in written:
                self.remove(new(path))
            raise

    def write(self, path: Path, body: bytes) -> None:
        """The bytes of a file, not waited for."""
        path.write_bytes(body)

    def sync(self, path: Path) -> None:
        """Wait until a file or a folder's list of names is on the disk."""
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def replace(self, old: Path, now: Path) -> None:
        """Give a file another's name, at once."""
        old.replace(now)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)


def new(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(path.name + NEW)
