"""Print: for people in words and tables, for programs one JSON document on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from operations.times import Times
from services.places import escaped

if TYPE_CHECKING:
    from operations.system.location import Where


class SafeConsole(Console):
    """A console that no text can steer: what is hidden, turns direction or moves the cursor is shown by its number.

    Names and addresses come from other systems and are kept as they came. Line breaks are our own.
    """

    def render_str(self, text: str, **how: Any) -> Text:
        """As rich does, of text that was made safe."""
        return super().render_str("\n".join(map(escaped, text.split("\n"))), **how)


def console() -> Console:
    """Standard output as it is now; long lines wrap at the terminal's width, in a pipe at 160."""
    terminal = SafeConsole(file=sys.stdout, highlight=False)
    return terminal if terminal.is_terminal else SafeConsole(file=sys.stdout, highlight=False, width=160)


def as_json(document: Any) -> None:
    """Print one JSON document, indented; instants as RFC 3339 in UTC."""
    raw = msgspec.json.encode(document, enc_hook=str)
    sys.stdout.write(msgspec.json.format(raw, indent=2).decode() + "\n")


def times(where: Where, *, utc: bool) -> Times:
    """How this command shows instants."""
    return Times() if utc else Times(where.zone, where.zone_name)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table; cells are text, never markup."""
    made = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) if cell is not None else "–" for cell in row))
    return made
