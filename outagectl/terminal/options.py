"""Options that many commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of a local stack (default ./data); variables beat it."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Utc = Annotated[bool, typer.Option("--utc", help="Show instants in UTC, not in the utility's zone.")]
Service = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="Only this service: planner, notifier or restorer.")
]
