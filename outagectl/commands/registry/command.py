"""`outagectl import …`: customers, contacts, the network, a utility's feed; each loaded when it is called."""

from __future__ import annotations

import typer

from outagectl.main import ImportGroup

app = typer.Typer(
    cls=ImportGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Bring in key customers, the network, or a utility's feed.",
)


@app.callback()
def _root() -> None:
    """Hold the group together; its help stands above."""
