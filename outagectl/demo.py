"""`outagectl demo`: a small city's days on a warped clock, told as they happen, and audited at the end."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from connectors.registry import RegistryEntry
from connectors.registry_csv import read_registry
from devstack.play import Play
from devstack.system import PARTITIONS, SERVICES
from outagectl.audit import run_audit, show_report
from outagectl.audit_report import Report
from outagectl.demo_book import WIDTH, Book
from outagectl.demo_days import BAD_ID, START, ZONE, Days
from outagectl.demo_folder import fresh, refuse_outside
from outagectl.demo_tables import outcome, print_tables
from outagectl.errors import CommandError
from outagectl.services import NAMES
from outagectl.story import Sources, Story
from outagectl.story_words import BookTimes
from outagectl.where import find
from schemas.registry import TOPICS

DEFAULT_FOLDER = Path("build/demo/data")
PAUSES = 42.0  # seconds of a run in which nothing happens but reading
GLOSSES = {
    "DJ-0001": "the hospital",
    "DJ-0002": "the electronics works",
    "DJ-0003": "the waterworks",
    "DJ-0004": "Li Xiuying, life support at home",
    "DJ-0006": "the school, an exam site",
}


class DemoFailed(CommandError):
    """A part of the demo failed; the message names it, its cause and where the logs lie."""


def demo(
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Where it plays; an earlier demo there is removed.")
    ] = DEFAULT_FOLDER,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without pauses for reading (a pipe has none either).")
    ] = False,
) -> None:
    """Play a small city's days in about a minute and tell the story.

    A real PostgreSQL and Kafka, all three services, simulated phones. Needs nothing else and touches nothing else.
    Writes report.json into DIR (for the default folder: build/demo/report.json). Exits 1 when the audit finds a fault.
    """
    refuse_outside()
    out = _console()
    report_file = (data.parent if data == DEFAULT_FOLDER else data) / "report.json"
    passed = asyncio.run(_demo(data, report_file, out, pauses=PAUSES if out.is_terminal and not quick else 0.0))
    if not passed:
        raise typer.Exit(1)


def _console() -> Console:
    terminal = Console(file=sys.stdout, highlight=False)
    width = min(WIDTH, terminal.width) if terminal.is_terminal else WIDTH
    return Console(file=sys.stdout, highlight=False, width=width)


async def _demo(folder: Path, report_file: Path, out: Console, *, pauses: float) -> bool:
    loop = asyncio.get_running_loop()
    began = loop.time()
    folder, shown = await fresh(folder), folder
    report_file.unlink(missing_ok=True)  # an earlier one must not pass for this run's
    stage = _Stages(folder)
    out.print("[bold]Setting up[/]: PostgreSQL, Kafka, simulated phones and the services, all on this machine")
    async with stage("everything starts"):
        play = Play(folder, START, say=lambda line: out.print(f"  {line}", style="dim", markup=False))
        await stage.enter(play)
    try:
        out.print(f"  everything runs after {loop.time() - began:.0f} s", style="dim")
        report = await _play(play, out, stage, pauses=pauses, shown=shown)
    finally:
        await stage.close()
    report = {"passed": report["audit"]["passed"], "seconds": round(loop.time() - began, 1), **report}
    _write(report_file, report)
    _farewell(out, shown, report_file, report)
    return bool(report["passed"])
