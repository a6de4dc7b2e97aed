"""Write a file so that whoever reads it, at whatever moment the machine stops, sees the old one or the new one, whole."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from shutil import copyfile

NEW = ".new"
BEFORE = ".before"


def write_whole(path: Path, content: bytes, *, keep: bool = False) -> None:
    """Put `content` in the place of the file. `keep`: the one before it stays beside it, with `.before` to its name.

    Raises:
        OSError: it cannot be written; the old file stands.

    """
    fresh = path.with_name(path.name + NEW)
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if keep and path.exists():
        _keep(path)
    fresh.replace(path)
    _sync_folder(path.parent)


def _keep(path: Path) -> None:
    beside = path.with_name(path.name + NEW + BEFORE)
    with suppress(FileNotFoundError):
        beside.unlink()
    try:
        beside.hardlink_to(path)
    except OSError:
        copyfile(path, beside)  # many shared volumes have no second names for a file
    beside.replace(path.with_name(path.name + BEFORE))


def _sync_folder(folder: Path) -> None:
    """So that the new name, too, is on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
