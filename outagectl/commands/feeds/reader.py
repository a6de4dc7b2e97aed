"""The options that say whose list it is, and where what it led to is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.feeds.listed import FeedSource
from connectors.feeds.readers import SHIPPED, ReaderNotFound, reader_of
from operations.errors import Misused
from operations.system.location import DEFAULT_FOLDER

Reader = Annotated[
    str,
    typer.Option(
        "--reader",
        metavar="NAME|MODULE:FUNCTION",
        help=f"Who reads a row: {', '.join(SHIPPED)}, or yours (docs/connect.md).",
    ),
]
Rows = Annotated[
    str | None,
    typer.Option("--rows", metavar="KEY", help="Where the answer has its rows, if not where the reader says."),
]
Name = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="What the feed is called in its outages' ids, for ever.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin anew, this once: forget what was listed before.")]


def source_of(reader: str, rows: str | None, name: str | None) -> FeedSource:
    """The feed that the options name.

    Raises:
        Misused: there is none.

    """
    try:
        return reader_of(reader, name=name, rows=rows)
    except ReaderNotFound as error:
        raise Misused(f"--reader {reader}: {error}") from None


def state_file(data: Path | None, source: FeedSource) -> Path:
    """Where a poller keeps what it knows, unless told otherwise: beside the local stack."""
    return (data or DEFAULT_FOLDER) / f"feed-{source.mrid_prefix}.json"
