"""Say when a file of somebody else's was written, and what is wrong in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from connectors.table import Errors, RowError
from operations.errors import NotFound, Refused
from operations.times import count
from outagectl.terminal.say import console
from services.kernel.clock import EPOCH, MICROSECOND, Clock

SHOWN = 20


def date_of(file: Path, clock: Clock) -> datetime:
    """When a file was written, so that the same file says the same twice; a warped clock may stand before that.

    Raises:
        NotFound, Refused: there is no such file, or it cannot be looked at.

    """
    try:
        if file.is_dir():
            raise Refused(f"{file} is a folder: name the CSV file in it")
        with file.open("rb"):
            written = EPOCH + int(file.stat().st_mtime_ns // 1000) * MICROSECOND
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
    return min(written, clock.now())


def tell_note(note: str | None) -> None:
    """What is to be told about how a file was read."""
    if note:
        console().print(f"[yellow]{escape(note)}[/]", soft_wrap=True)


def tell_errors(errors: Errors) -> None:
    """The first SHOWN errors by line, and how many more there are."""
    out = console()
    for error in sorted(errors.kept, key=lambda error: error.line)[:SHOWN]:
        out.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
    if errors.count > SHOWN:
        out.print(f"… and {errors.count - SHOWN:,} more of {count(errors.count, 'error')}; --json lists 1,000.")


def error_document(error: RowError, subject: str) -> dict[str, Any]:
    """An error for programs; `subject`: how the id of what the line is about is called."""
    return {"line": error.line, "column": error.column, subject: error.shown_subject, "problem": error.shown_problem}
