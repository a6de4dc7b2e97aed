"""`outagectl import …`: customers, contacts, a utility's feed; each loaded when it is called."""

from __future__ import annotations

import typer

from outagectl.main import ImportGroup

app = typer.Typer(
    cls=ImportGroup, no_args_is_help=True, add_completion=False, help="Bring in key customers or a utility's feed."
)


@app.callback()
def _root() -> None:
    """Hold the group together; its help stands above."""
