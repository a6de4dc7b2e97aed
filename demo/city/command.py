"""`outagectl demo`: play a small city's days on a warped clock, show them as they happen, and audit them at the end."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

import connectors
from connectors.network.rows import elements_in
from connectors.registry.entry import RegistryEntry
from connectors.registry.one_file import read_registry
from connectors.table import Errors, opened
from demo.city.audit_table import print_audit
from demo.city.book import WIDTH, Book
from demo.city.chapters.days import Days
from demo.city.city import ABOUT, BAD_ID, GLOSSES, START, ZONE
from demo.city.folder import fresh, refuse_outside
from demo.city.next_steps import NEXT, command
from demo.city.page import EVERYTHING_RUNS, page
from demo.city.stage import Chapter, Stage
from demo.city.tables import print_tables
from demo.feed.stormiest import DAYS, FEED_FOLDER, play_feed
from demo.logbook.news import Sources
from demo.logbook.outcome import outcome
from demo.logbook.story import Story
from demo.logbook.times import BookTimes
from devstack.play import Play
from devstack.system import PARTITIONS, SERVICES
from operations.audit.run import run_audit
from operations.errors import CommandError, Misused
from operations.system.location import find
from operations.system.services import NAMES
from schemas.contracts.all_types import TOPICS
from schemas.contracts.network import ModelRef

DEFAULT_FOLDER = Path("build/demo/data")
SAMPLES = Path(connectors.__file__).parent / "samples"
REGISTRY = SAMPLES / "dongjiang-customers.csv"
NETWORK = SAMPLES / "dongjiang-network.csv"
ENVIRONMENT = {"OUTAGE_CURTAILMENT_SCHEME": str(SAMPLES / "dongjiang-curtailment.toml")}
INTRODUCTION = (
    "[bold]A month of power cuts in a small city, told from the logs of the services that handle them.[/]\n"
    "Dispatch states facts on Kafka. The [blue]planner[/] holds planned work to the notice rules. The [cyan]restorer[/] "
    "follows every cut until power is back, judges each promise, and gives account of the month. The "
    "[green]notifier[/] texts key customers: once, in time, and only what is so. PostgreSQL and Kafka are real; "
    "Twilio, a second provider of texts and the phones are simulated.\n\n"
    "[bold]Setting up[/], all on this machine and in one folder"
)
PAUSES = 40.0  # seconds of a run in which nothing happens but reading
MINUTE = 55.0  # what set-up and reading may take together: on a slow machine there is less time to read


class DemoFailed(CommandError):
    """A part of the demo failed; the message names it, its cause and where the logs lie."""


def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help=f"Where it plays (default {DEFAULT_FOLDER}); an earlier demo there is removed.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without pauses for reading (a pipe has none either).")
    ] = False,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Also write what it says as a page (docs/demo.md).")
    ] = None,
    feed: Annotated[
        Path | None,
        typer.Option("--feed", metavar="FILE", help="Play the stormiest days of a real outage list instead (bchydro)."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=31, help="With --feed: how many days.")] = DAYS,
) -> None:
    """Play a small city's days in about a minute and a half and tell the story.

    A real PostgreSQL and Kafka, all three services, simulated phones. Needs nothing else and touches nothing else.
    Writes report.json into DIR (for the default folder: build/demo/report.json). Exits 1 when the audit finds a fault.
    """
    refuse_outside()
    # pogo-migrate tells each file on standard error; the stack says the same in its own lines.
    logging.getLogger("services.kernel.adapters.migrate").setLevel(logging.ERROR)
    if feed is not None:
        if write is not None:
            raise Misused("--write is for the demo's own story: leave it out, or leave --feed out")
        if not play_feed(feed, data or FEED_FOLDER, days, _console(whole=False)):
            raise typer.Exit(1)
        return
    _story(data or DEFAULT_FOLDER, quick=quick, write=write)


def _story(data: Path, *, quick: bool, write: Path | None) -> None:
    out = _console(whole=write is not None)
    report_file = (data.parent if data == DEFAULT_FOLDER else data) / "report.json"
    report_file.unlink(missing_ok=True)  # an earlier one must not pass for this run's
    passed = asyncio.run(_demo(data, report_file, out, pauses=PAUSES if out.is_terminal and not quick else 0.0))
    if not passed:
        raise typer.Exit(1)
    if write is not None:
        write.write_text(page(out.export_text(styles=False), str(data)), encoding="utf-8")


def _console(*, whole: bool) -> Console:
    """`whole`: as wide as the page, whatever the terminal, and remembering what it says."""
    terminal = Console(file=sys.stdout, highlight=False)
    width = min(WIDTH, terminal.width) if terminal.is_terminal and not whole else WIDTH
    return Console(file=sys.stdout, highlight=False, width=width, record=whole)


async def _demo(data: Path, report_file: Path, out: Console, *, pauses: float) -> bool:
    loop = asyncio.get_running_loop()
    began = loop.time()
    folder = await fresh(data)
    stage = _stages(folder, data)
    out.print(INTRODUCTION)
    async with AsyncExitStack() as exits:
        async with stage("everything starts"):
            play = await exits.enter_async_context(
                Play(
                    folder,
                    START,
                    say=lambda line: out.print(f"  {line}", style="dim", markup=False),
                    environment=ENVIRONMENT,
                    sms_gateway=True,
                )
            )
        took = loop.time() - began
        out.print(f"  {EVERYTHING_RUNS} {took:.0f} s", style="dim")
        report = await _play(play, out, stage, pauses=max(0.0, min(pauses, MINUTE - took)))
    report = {"passed": report["audit"]["passed"] and not report["problems"], **report}
    report["seconds"] = round(loop.time() - began, 1)
    _write(report_file, report)
    _farewell(out, data, report_file, report)
    return bool(report["passed"])


def _stages(folder: Path, shown: Path) -> Chapter:
    """Names what is being done in the error, should it fail; how it failed in full goes to demo.log."""

    @asynccontextmanager
    async def stage(name: str) -> AsyncIterator[None]:
        try:
            yield
        except CommandError:
            raise
        except Exception as error:
            (folder / "demo.log").write_text(traceback.format_exc(), encoding="utf-8")
            said = str(error) or type(error).__name__
            named = [f"{shown / one}.log" for one in (*SERVICES, "sms-gateway", "gateway", "twilio") if one in said]
            logs = ", ".join(named) or f"the logs {shown}/*.log"
            raise DemoFailed(
                f"the demo failed where {name}: {said}\nLook into {logs}; how it came about: {shown / 'demo.log'}"
            ) from error

    return stage


async def _play(play: Play, out: Console, stage: Chapter, *, pauses: float) -> dict[str, Any]:
    async with stage("the key customers are registered"):
        registry = read_registry(REGISTRY, updated_at=START).entries
        times = BookTimes(ZONE, ZONE.key)
        book = Book(out, times, play.clock, seconds=pauses)
        book.sources = Sources(play.logs, find(play.system.folder).phone_folders)
        book.story = Story(times, registry, GLOSSES)
        _cast(out, registry)
        play.looked = book.looked
        edition = ModelRef(model_id=NETWORK.stem, date=START)
        with opened(NETWORK) as source:
            await play.draw(list(elements_in(source.table, Errors(), edition)), edition)
        await play.register(registry)
    setting = Stage(play, book)
    await Days(setting, stage).run()
    news = book.sources.all
    async with stage("the outcome is read"):
        end = await outcome(play.logs, news)
        print_tables(out, end, news, book.story, times)
        ends = await play.reader.ends([(topic, number) for topic in TOPICS for number in range(PARTITIONS)])
    async with stage("the audit is made"):
        audit = await run_audit(find(play.system.folder), NAMES, with_kafka=True)
        print_audit(out, audit)
    strange = [one for one in news.set_aside if BAD_ID not in one.named]
    restarts = {
        name: n for name, n in play.system.restarts.items() if n > sum(k.service == name for k in setting.kills)
    }
    return {
        "problems": [
            *(f"{one.service} set aside {one.named}: {one.reason}, {one.detail}" for one in strange),
            *(f"{name} ended by itself and was started again" for name in restarts),
        ],
        "played": {"from": START, "until": play.clock.now()},
        "eventsPerTopic": {topic: sum(n for (name, _), n in ends.items() if name == topic) for topic in TOPICS},
        "kills": [kill.as_json() for kill in setting.kills],
        **end.report(news),
        "audit": audit.as_json(),
    }


def _cast(out: Console, registry: tuple[RegistryEntry, ...]) -> None:
    out.print(
        "\n[bold]Dongjiang, March 2026.[/] Times are Asia/Shanghai; where nothing happens the clock jumps.\n"
        "The key customers (people, places and numbers are made up):"
    )
    for entry in registry:
        one = entry.customer
        supplies = [
            f"{'' if each.role == 'main' else f'{each.role} '}{each.line or each.transformer or each.id}"
            for each in one.supplies
        ]
        where = ", ".join([*supplies, *one.lines, *one.transformers]) or "–"
        gloss = f" ({GLOSSES[one.customer_id]})" if one.customer_id in GLOSSES else ""
        what = f"{ABOUT[one.customer_id]}, " if one.customer_id in ABOUT else ""
        said = f"{what}{one.importance} importance; {where}"
        out.print(f"  {one.customer_id}  {escape(one.name + gloss)}: [dim]{escape(said)}[/]")


def _write(file: Path, report: dict[str, Any]) -> None:
    fresh_file = file.with_suffix(".new")
    fresh_file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    fresh_file.replace(file)


def _farewell(out: Console, data: Path, report_file: Path, report: dict[str, Any]) -> None:
    for problem in report["problems"]:
        out.print(f"[bold red]Not as it should be:[/] {escape(problem)}")
    out.print(f"\nIt took {report['seconds']:.0f} s. The figures: {report_file}", soft_wrap=True)
    out.print(f"The data stay in {data}, with one fault still open. Go on with them:", soft_wrap=True)
    for words, what in NEXT:
        out.print(f"  [bold]{escape(command())} {escape(words)} --data {escape(str(data))}[/]", soft_wrap=True)
        out.print(f"      [dim]{escape(what)}[/]")
