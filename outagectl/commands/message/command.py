"""`outagectl message …`: check the texts, and see one as a customer would read it."""

from __future__ import annotations

import typer

from outagectl.commands.message.lint import lint
from outagectl.commands.message.preview import preview

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Check the texts; see one as a handset shows it.")
app.command("lint")(lint)
app.command("preview")(preview)
