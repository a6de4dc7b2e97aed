"""`outagectl import bchydro`: play a month of one utility's real outage list through the whole system."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from connectors.feeds.archive import FeedFileError, read_feed, unreadable
from connectors.feeds.bchydro import SOURCE
from connectors.feeds.snapshots import SnapshotFeed
from demo.city.folder import OUTSIDE
from demo.feed.folder import ImportJob, ImportState, begun, feed_of, job_of, load, prepare
from demo.feed.play import PlaybackPace
from demo.feed.run import Run
from demo.feed.show import ImportProgress, show
from devstack.servers.stack import StackInUseError
from devstack.system import SystemNotReady
from operations.errors import Away, Misused, NotFound, Refused
from outagectl.commands.proof.audit import show_report
from outagectl.terminal.options import Json
from outagectl.terminal.say import as_json, console
from services.kernel.clock import ClockError

DEFAULT_DATA = Path("build/feed/data")
EXIT_STOPPED = 130


def bchydro(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archived lists, .jsonl or .jsonl.xz.")],
    *,
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="First list, e.g. 2023-05-05.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Where to end; not included.")] = None,
    speed: Annotated[
        str, typer.Option("--speed", metavar="X", help="Seconds of the lists' time per real second, or max.")
    ] = "max",
    step: Annotated[
        float, typer.Option("--step", min=0, max=60, help="Minutes: what is due within one step happens at its end.")
    ] = 5.0,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help=f"Data folder (default {DEFAULT_DATA}).")
    ] = None,
    running: Annotated[
        bool, typer.Option("--running", help="Into the system that runs in DIR, not into one of its own.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, though an import in DIR is unfinished.")] = False,
    json: Json = False,
) -> None:
    """Play a utility's real outage lists through the whole system.

    Brings up servers and services of its own on a warped clock, makes up key customers for every municipality, and lets
    each list come at its time. Ctrl-C stops between two lists; the same command goes on. Exits 1 when the audit fails.
    """
    folder = (data or DEFAULT_DATA).absolute()
    pace = PlaybackPace(timedelta(minutes=step), _speed(speed))
    try:
        job = job_of(file, _instant("--from", since), _instant("--until", until))
        total = sum(1 for _ in read_feed(file, since=job.since, until=job.until))
        if not total:
            raise Refused(f"{file} has no list in that span: look at --from and --until")
        if (why := unreadable(file, SOURCE, job.since, job.until)) is not None:
            raise Refused(f"{file}: {why} `outagectl import feed --reader …` reads the lists of others")
        state = _before(folder, job, running=running, fresh=fresh)
        feed = feed_of(state, SOURCE) if state else SnapshotFeed(SOURCE)
        run = Run(file, folder, state or begun(job, feed), feed, pace, ImportProgress(total))
        done = asyncio.run(run.into_running() if running else run.on_its_own())
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except FeedFileError as error:
        raise Refused(str(error)) from None
    except (StackInUseError, SystemNotReady, ClockError) as error:
        raise Away(str(error)) from None
    if done is None:
        raise typer.Exit(EXIT_STOPPED)
    if json:
        as_json(done.told)
    else:
        show(done.told, console())
        show_report(done.audit)
        for text in done.told["wrong"]:
            console().print(f"[bold red]{escape(text)}[/]")
    if done.told["wrong"]:
        raise typer.Exit(1)


def _before(folder: Path, job: ImportJob, *, running: bool, fresh: bool) -> ImportState | None:
    """What there is to go on with."""
    if not running:
        _refuse_outside(os.environ)
        return prepare(folder, job, fresh=fresh)
    state = load(folder)
    return state if state is not None and state.job == job and not state.finished and not fresh else None


def _refuse_outside(environment: Mapping[str, str]) -> None:
    """Old outages and made-up customers must not reach anybody's real system."""
    named = sorted(
        name for name, value in environment.items() if value and (name in OUTSIDE or name.startswith("OUTAGE_TWILIO_"))
    )
    if named:
        raise Misused(
            f"the import plays outages of years ago, so it brings up servers of its own: unset {', '.join(named)} "
            f"(env {' '.join(f'-u {name}' for name in named)} outagectl import bchydro …)"
        )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise Misused(f"--speed {text} is wrong: give seconds per second such as 3600, or max")
    return speed


def _instant(option: str, text: str | None) -> datetime | None:
    """A date or an instant; without an offset it is UTC, as the lists' times are."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Misused(f"{option} {text} is no time: give 2023-05-05 or 2023-05-05T12:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
