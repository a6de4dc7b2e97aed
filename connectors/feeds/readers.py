"""Find the reader of a list: one of those that ship, or a function of yours, by module or by file."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from connectors.feeds import bchydro, ssen
from connectors.feeds.listed import FeedSource

SHIPPED: Mapping[str, FeedSource] = {"bchydro": bchydro.SOURCE, "ssen": ssen.SOURCE}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


class ReaderNotFound(Exception):
    """There is no such reader; the message says how one is named."""


def reader_of(named: str, *, name: str | None = None, rows: str | None = None) -> FeedSource:
    """The feed that `named` reads: NAME, module:FUNCTION or file.py:FUNCTION; the latter two may name a FeedSource.

    `name` is what the feed is called for ever, in its events' source and its outages' mRIDs; else as module or file is.
    `rows`: the key under which the answer has its rows, else as the feed says.

    Raises:
        ReaderNotFound: there is none, it cannot be loaded, or the name is none.

    """
    if ":" not in named:
        if named not in SHIPPED:
            raise ReaderNotFound(
                f"no reader is called {named}: name {' or '.join(SHIPPED)}, or your own as module:FUNCTION or file.py:FUNCTION"
            )
        source = SHIPPED[named]
    else:
        place, _, inside = named.rpartition(":")
        source = _source(_function(place, inside, named), name or _name_of(place))
    if name is not None:
        source = FeedSource(_called(name), name, source.read_row, source.rows)
    return source if rows is None else FeedSource(source.name, source.mrid_prefix, source.read_row, (rows,))


def _source(found: Any, name: str) -> FeedSource:
    return found if isinstance(found, FeedSource) else FeedSource(_called(name), name, found)


def _called(name: str) -> str:
    if NAME.fullmatch(name) is None:
        raise ReaderNotFound(
            f"{name!r} cannot stand in an outage's id: call the feed by small letters, digits, - and _, 30 at most (--name)"
        )
    return f"connectors/{name}"


def _name_of(place: str) -> str:
    return Path(place).stem.lower() if place.endswith(".py") else place.rpartition(".")[2].lower()


def _function(place: str, inside: str, named: str) -> Any:
    try:
        found = getattr(_module(place), inside, None)
    except Exception as error:  # whatever its code does when it is loaded
        raise ReaderNotFound(f"the reader {named} cannot be loaded ({type(error).__name__}: {error})") from error
    if not callable(found) and not isinstance(found, FeedSource):
        raise ReaderNotFound(f"{place} has no function {inside}: name the one that takes a row and returns a ListedRow")
    return found


def _module(place: str) -> ModuleType:
    if not place.endswith(".py"):
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.append(here)  # last, so that no file in it stands in for a library
        return importlib.import_module(place)
    path = Path(place).resolve()
    spec = importlib.util.spec_from_file_location(f"feed_reader_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError(f"there is no file {place}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
