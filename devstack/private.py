"""Make files that only their owner may read: a local stack holds passwords, keys and what was sent to whom."""

import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
UMASK = 0o077
"""For every program of the stack: what it makes is its own."""


def private_folder(path: Path) -> bool:
    """Make a folder for its owner only; whether it was made. One that was there before keeps its rights."""
    if path.is_dir():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(exist_ok=True)
    path.chmod(FOLDER)  # whatever the umask is
    return True


def own_folder(path: Path) -> None:
    """A folder that nobody but the stack uses: made, or put right where an older version left it open."""
    private_folder(path)
    if path.stat().st_uid == os.geteuid():
        path.chmod(FOLDER)


def put(path: Path, text: str) -> None:
    """Write a file for its owner only, whole or not at all; nobody can read it at any moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def opener(path: str, flags: int) -> int:
    """For `open`: what it makes is its owner's only."""
    return os.open(path, flags, FILE)
