"""Write the whole board as plain files for a static host, each page with what is filled in.

A page `/now/城东` becomes `now/城东/index.html`, a feed the file of its name. The banner over old facts is left out: only who
serves a page knows how old it is by then. Parts, and what is an operator's alone, are not written. What an earlier export wrote
and is no more is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from services.board.snapshot.disk import Disk
from services.board.snapshot.form import ANSWER_MARK, AS_OF_MARK, STALE_MARK, Page, as_of_part, is_public, missing_part
from services.board.utility import LANGUAGES

LIST: Final = ".board-files.json"
"""In the folder: what was written, so that the next export knows what is ours to remove."""

MOST_NAME_BYTES: Final = 255


class NotExported(Exception):
    """A path cannot be a file; the message says which and why. Nothing was written."""


def export(pages: Mapping[str, Page], folder: Path, disk: Disk | None = None) -> tuple[Path, ...]:
    """Write every public page of `pages` below `folder`; returns the files, in order.

    Raises:
        NotExported: see there.
        OSError: the disk refused. Each file is then the one before or the new one, whole.

    """
    disk = disk or Disk()
    files = {_file_of(path, page): filled(page, pages) for path, page in pages.items() if is_public(path)}
    missing = pages.get(missing_part(LANGUAGES[0]))
    if missing is not None:
        files["404.html"] = filled(missing, pages)
    _hold_apart(files)
    before = _written_before(folder)
    disk.put({folder / name: body for name, body in files.items()})
    for name in before - files.keys():
        disk.remove(folder / name)
        _remove_empty(folder, (folder / name).parent)
    disk.put({folder / LIST: msgspec.json.encode(sorted(files))})
    return tuple(folder / name for name in sorted(files))


def filled(page: Page, pages: Mapping[str, Page]) -> bytes:
    """A page as it is read just now."""
    if not page.content_type.startswith("text/html"):
        return page.body
    as_of = pages.get(as_of_part(page.language or LANGUAGES[0]))
    body = page.body.replace(AS_OF_MARK, as_of.body if as_of is not None else b"")
    return body.replace(STALE_MARK, b"").replace(ANSWER_MARK, b"")


def _file_of(path: str, page: Page) -> str:
    """Relative to the folder."""
    html = page.content_type.startswith("text/html") and not path.endswith(".html")
    parts = [*path.strip("/").split("/")] if path != "/" else []
    for part in parts:
        if part in ("", ".", "..") or "\0" in part or len(part.encode()) > MOST_NAME_BYTES:
            raise NotExported(f"{path!r} cannot be a file: {part!r} is no name of one")
    return "/".join([*parts, "index.html"] if html else parts)


def _hold_apart(files: Iterable[str]) -> None:
    """Raises NotExported where one file would lie in another."""
    names = set(files)
    for name in names:
        above = name.split("/")[:-1]
        for depth in range(1, len(above) + 1):
            if (folder := "/".join(above[:depth])) in names:
                raise NotExported(f"{folder} would be a file and a folder, of {name}")


def _written_before(folder: Path) -> frozenset[str]:
    try:
        listed = msgspec.json.decode((folder / LIST).read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError):
        return frozenset()
    return frozenset(name for name in listed if ".." not in name.split("/") and not name.startswith("/"))


def _remove_empty(top: Path, folder: Path) -> None:
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return  # something is in it
        folder = folder.parent
