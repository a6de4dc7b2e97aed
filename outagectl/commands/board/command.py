"""`outagectl board render`: the public pages as files for any static host."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from operations.board import write_board
from operations.system.location import find
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, times

app = typer.Typer(no_args_is_help=True, help="The public board: notices, outages, outcomes, promises kept.")


@app.callback()
def _board() -> None:
    """The public board: notices, outages, outcomes, promises kept."""


@app.command("render")
def render(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write into.")],
    utility: Annotated[
        Path,
        typer.Option(
            "--utility",
            metavar="FILE",
            envvar="OUTAGE_BOARD_UTILITY",
            help="The utility's own words: name, telephone, links (services/board/utility.py).",
        ),
    ],
    json: Json = False,
    data: Data = None,
) -> None:
    """Write every page and feed of the public board as plain files, as they stand now.

    Without a front nobody swaps in the warning that a page is old: write it anew every few minutes, or say so beside it.
    """
    where = find(data)
    made = asyncio.run(write_board(where, utility, out))
    if json:
        as_json({"files": made.files, "outages": made.outages, "notices": made.notices, "asOf": made.as_of})
        return
    up_to = times(where, utc=False).at(made.as_of)
    console().print(
        f"{made.files} files in {out}: {made.outages} outages, {made.notices} notices, all facts up to {up_to}",
        soft_wrap=True,
        markup=False,
    )
