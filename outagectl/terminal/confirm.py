"""Ask back before what cannot be undone: at a terminal in words, elsewhere by the option that says so."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from operations.errors import Refused

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask back.")]


def askable(what: str, *, yes: bool) -> None:
    """Let a command go on that may have to ask back later, or end it where nobody could be asked.

    Raises:
        Refused: nobody can be asked here, and --yes was not given.

    """
    if not yes and not sys.stdin.isatty():
        raise Refused(f"{what}; that cannot be taken back. Nobody can be asked here: add --yes to do it")


def confirm(what: str, *, yes: bool) -> None:
    """Let a command go on that does `what` ("customer C-1 is forgotten for good"), or end it.

    Raises:
        Refused: the person said no; or nobody can be asked here, and --yes was not given.

    """
    if yes:
        return
    askable(what, yes=yes)
    if not typer.confirm(f"{what}; that cannot be taken back. Go on?", err=True):
        raise Refused("nothing was changed")
