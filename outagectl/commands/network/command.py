"""`outagectl network …`: what the network model says of an element, and what is wrong with it."""

from __future__ import annotations

import typer

from outagectl.commands.network.check import check_network
from outagectl.commands.network.history import history
from outagectl.commands.network.rereading import reread_network
from outagectl.commands.network.show import show

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="What feeds what, and what is wrong with the network model."
)
app.command("show")(show)
app.command("check")(check_network)
app.command("history")(history)
app.command("reread")(reread_network)
