"""`outagectl demo`: a small city's days on a warped clock, told as they happen, and audited at the end."""

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
from connectors.registry import RegistryEntry
from connectors.registry_csv import read_registry
from devstack.play import Play
from devstack.system import PARTITIONS, SERVICES
from outagectl.audit import run_audit, show_report
from outagectl.demo_book import WIDTH, Book
from outagectl.demo_days import BAD_ID, FAULT, START, ZONE, Days, Stage
from outagectl.demo_folder import fresh, refuse_outside
from outagectl.demo_tables import outcome, print_tables
from outagectl.errors import CommandError
from outagectl.services import NAMES
from outagectl.story import Sources, Story
from outagectl.story_words import BookTimes
from outagectl.where import find
from schemas.registry import TOPICS

DEFAULT_FOLDER = Path("build/demo/data")
REGISTRY = Path(connectors.__file__).parent / "samples" / "dongjiang-customers.csv"
PAUSES = 40.0  # seconds of a run in which nothing happens but reading
MINUTE = 55.0  # what set-up and reading may take together: on a slow machine there is less time to read
GLOSSES = {
    "DJ-0001": "the hospital",
    "DJ-0002": "the electronics works",
    "DJ-0003": "the waterworks",
    "DJ-0004": "Li Xiuying, life support at home",
    "DJ-0006": "the school, an exam site",
    "10千伏城东线": "10 kV line East Town",
    "10千伏工业线": "10 kV line Industry",
    "更换老旧导线": "old conductors are replaced",
    "树木修剪": "trees are trimmed",
    "树枝压断导线": "a branch broke the conductor",
    "线路检修": "line maintenance",
    "抢修二班": "repair crew 2",
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
    report_file.unlink(missing_ok=True)  # an earlier one must not pass for this run's
    # pogo-migrate tells each file on standard error; the stack says the same in its own lines.
    logging.getLogger("services.kernel.migrate").setLevel(logging.ERROR)
    passed = asyncio.run(_demo(data, report_file, out, pauses=PAUSES if out.is_terminal and not quick else 0.0))
    if not passed:
        raise typer.Exit(1)


def _console() -> Console:
    terminal = Console(file=sys.stdout, highlight=False)
    width = min(WIDTH, terminal.width) if terminal.is_terminal else WIDTH
    return Console(file=sys.stdout, highlight=False, width=width)


async def _demo(data: Path, report_file: Path, out: Console, *, pauses: float) -> bool:
    loop = asyncio.get_running_loop()
    began = loop.time()
    folder = await fresh(data)
    stage = _stages(folder, data)
    out.print("[bold]Setting up[/] PostgreSQL, Kafka, simulated phones and the services, all on this machine")
    async with AsyncExitStack() as exits:
        async with stage("everything starts"):
            play = await exits.enter_async_context(
                Play(folder, START, say=lambda line: out.print(f"  {line}", style="dim", markup=False))
            )
        took = loop.time() - began
        out.print(f"  everything runs after {took:.0f} s", style="dim")
        report = await _play(play, out, stage, pauses=max(0.0, min(pauses, MINUTE - took)))
    report = {"passed": report["audit"]["passed"] and not report["problems"], **report}
    report["seconds"] = round(loop.time() - began, 1)
    _write(report_file, report)
    _farewell(out, data, report_file, report)
    return bool(report["passed"])


def _stages(folder: Path, shown: Path) -> Stage:
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
            named = [f"{shown / one}.log" for one in (*SERVICES, "gateway", "twilio") if one in said]
            logs = ", ".join(named) or f"the logs {shown}/*.log"
            raise DemoFailed(
                f"the demo failed where {name}: {said}\nLook into {logs}; how it came about: {shown / 'demo.log'}"
            ) from error

    return stage


async def _play(play: Play, out: Console, stage: Stage, *, pauses: float) -> dict[str, Any]:
    async with stage("the key customers are registered"):
        registry = read_registry(REGISTRY, updated_at=START).entries
        times = BookTimes(ZONE, ZONE.key)
        book = Book(out, times, play.clock, seconds=pauses)
        book.sources = Sources(play.logs, play.system.folder / "twilio")
        book.story = Story(times, registry, GLOSSES)
        _cast(out, registry)
        play.looked = book.looked
        await play.register(registry)
    days = Days(play, book, stage)
    await days.run()
    news = book.sources.all
    async with stage("the outcome is read"):
        end = await outcome(play.logs, news)
        print_tables(out, end, news, book.story, times)
        ends = await play.reader.ends([(topic, number) for topic in TOPICS for number in range(PARTITIONS)])
    async with stage("the audit is made"):
        out.print("\n[bold]The audit[/] (outagectl audit): nothing lost, nothing doubled, nothing changed")
        audit = await run_audit(find(play.system.folder), NAMES, with_kafka=True)
        show_report(audit)
    strange = [one for one in news.set_aside if BAD_ID not in one.named]
    restarts = {name: n for name, n in play.system.restarts.items() if n > sum(k.service == name for k in days.kills)}
    return {
        "problems": [
            *(f"{one.service} set aside {one.named}: {one.reason}, {one.detail}" for one in strange),
            *(f"{name} ended by itself and was started again" for name in restarts),
        ],
        "played": {"from": START, "until": play.clock.now()},
        "eventsPerTopic": {topic: sum(n for (name, _), n in ends.items() if name == topic) for topic in TOPICS},
        "kills": [kill.as_json() for kill in days.kills],
        **end.report(news),
        "audit": audit.as_json(),
    }


def _cast(out: Console, registry: tuple[RegistryEntry, ...]) -> None:
    out.print(
        "\n[bold]Dongjiang, ten days in March.[/] Times are Asia/Shanghai; between events the clock jumps.\n"
        "The key customers (phones and numbers are made up):"
    )
    for entry in registry:
        one = entry.customer
        where = ", ".join([*one.lines, *one.transformers]) or "–"
        gloss = f" ({GLOSSES[one.customer_id]})" if one.customer_id in GLOSSES else ""
        out.print(f"  {one.customer_id}  {escape(one.name + gloss)} [dim]{one.importance} importance; {where}[/]")


def _write(file: Path, report: dict[str, Any]) -> None:
    fresh_file = file.with_suffix(".new")
    fresh_file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    fresh_file.replace(file)


def _farewell(out: Console, data: Path, report_file: Path, report: dict[str, Any]) -> None:
    for problem in report["problems"]:
        out.print(f"[bold red]Not as it should be:[/] {escape(problem)}")
    out.print(f"\n{report['seconds']:.0f} s. Figures: {report_file}. The data stay in {data}; go on with them:")
    commands = (
        (f"outagectl up --data {data}", "starts it all again at the hour where the story ended; then, beside it:"),
        (f"outagectl show outage {FAULT} --data {data}", "the night of the fault, with every reason"),
        (f"outagectl show customer DJ-0001 --data {data}", "what the hospital was told, and why"),
        (f"outagectl quarantine list --data {data}", "the event that nobody could read"),
        (f"outagectl phones --data {data}", "every text in full"),
        (f"outagectl audit --data {data}", "the proof, once more"),
    )
    width = max(len(command) for command, _ in commands)
    for command, what in commands:
        out.print(f"  {escape(command):<{width}}  [dim]# {what}[/]", soft_wrap=True)
