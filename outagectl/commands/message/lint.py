"""`outagectl message lint`: what is wrong with the texts, with file and line and what to do; exit code 1 where anything is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from operations.errors import Misused
from operations.system.location import find
from operations.times import count
from outagectl.commands.message.settings import voice_settings
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from services.notifier.domain.wording.checking.lint import RULES, lint_templates
from services.notifier.domain.wording.templates import HERE


def lint(
    *,
    templates: Annotated[
        Path | None, typer.Option("--templates", metavar="DIR", help="Check these files, not those that are in force.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Check every text in every language, for every kind of customer, with the longest values in both alphabets."""
    folder = templates or HERE
    if not folder.is_dir():
        raise Misused(f"{folder} is no folder: name the one that holds zh-CN.toml")
    found = lint_templates(folder, voice_settings().voice_in(find(data).zone))
    if json:
        as_json({"templates": str(folder), "rules": dict(RULES), "findings": [one._asdict() for one in found]})
    else:
        out = console()
        for one in found:
            out.print(f"{one.where}: {one.text}: {one.what} ({one.rule})", markup=False, soft_wrap=True)
            out.print(f"  to do: {one.to_do}", style="dim", markup=False, soft_wrap=True)
        if not found:
            out.print(f"The texts in {folder} keep all {count(len(RULES), 'rule')}.", markup=False)
    if found:
        raise typer.Exit(1)
