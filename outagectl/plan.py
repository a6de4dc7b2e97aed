"""`outagectl plan check`: what the planner would say to a plan, without changing anything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from outagectl.database import connect, enter
from outagectl.errors import Away, Misused, NotFound, Refused
from outagectl.known_lines import strange_lines, warning
from outagectl.options import Data, Json
from outagectl.policies import chosen_policy
from outagectl.say import as_json, console, count
from outagectl.send import items
from outagectl.services import load
from outagectl.verdict_text import print_verdict, verdict_json
from outagectl.where import Where, find
from schemas.cloudevent import ContractError, parse_structured
from schemas.dispatch import PlanBody
from services.kernel.model import Event
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.places.network import Network, load_network
from services.planner.domain.trial import Trial, Tried
from services.planner.domain.verdict.other_work import NOTHING, Known
from services.planner.tables.booked_work import read
from services.policy import Policy, PolicyError
from services.policy.calendar import WorkingCalendar

SQL = queries(Path(__file__).parent / "sql" / "plan.sql")
app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ask the planner without telling it anything.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One plan of the input."""

    where: str
    plan: PlanBody


@app.callback()
def _root() -> None:
    """Hold the group together though it has one command."""


@app.command("check")
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="planned.requested or planned.amended as CloudEvents.")
    ],
    *,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Judge as at this instant; else when each was asked.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="ID|FILE", help="Under this regime (see `outagectl policy list`).")
    ] = None,
    country: Annotated[str | None, typer.Option("--country", help="Working days of this country, e.g. GB.")] = None,
    network: Annotated[
        Path | None, typer.Option("--network", metavar="FILE", help="Lines there are: CSV line,area[,transformer].")
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", metavar="FILE", help="The utility's own days off and worked (TOML).")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Without the database: nothing else is booked.")] = False,
    figures: Annotated[bool, typer.Option("--figures", help="Show the figures of rules that are met, too.")] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Judge plans as the planner would, by its own code and, where there is a database, beside what it knows.

    That is the notice in force of the same outage, whether its work has begun, and other work that is booked. Several plans
    are judged one after another, as if each were sent. Exits 0 when all would be accepted, 1 when one would be refused.
    """
    where = find(data)
    regime, working_days = chosen_policy(policy, country, where, calendar)
    asked = [one for file in files for one in _read(file)]
    instant = _instant(at, where) if at else None
    booked, note = _booked(where, regime, asked, instant, offline=offline)
    lines = (line for one in asked for line in one.plan.extent.lines)
    strange = frozenset[str]() if offline else asyncio.run(strange_lines(where, lines))
    trial = Trial(regime, working_days, _network(network))
    verdicts: list[tuple[Asked, datetime, Tried]] = []
    for one, (known, log) in zip(asked, booked, strict=True):
        now = instant or one.plan.requested_at
        verdicts.append((one, now, trial.judge(one.plan, now, known, log)))
    if json:
        judged = [
            {"file": a.where, **verdict_json(a.plan, tried, now), "doubt": warning(a.plan, strange)}
            for a, now, tried in verdicts
        ]
        head = {"policy": regime.id, "policyVersion": regime.version, "calendarVersion": working_days.version}
        as_json({**head, "checkedAgainst": note, "plans": judged})
    else:
        _print(console(), verdicts, regime, working_days, note, strange, figures=figures)
    refused = sum(not tried.accepted for _, _, tried in verdicts)
    if refused:
        raise Refused(f"{refused} of {count(len(verdicts), 'plan')} would be refused")


def _print(
    out: Console,
    verdicts: Sequence[tuple[Asked, datetime, Tried]],
    regime: Policy,
    calendar: WorkingCalendar,
    note: str,
    strange: frozenset[str],
    *,
    figures: bool,
) -> None:
    out.print(
        f"Under [bold]{escape(regime.id)}[/] {regime.version.partition('+')[0]} · {escape(note)}\n", soft_wrap=True
    )
    for asked, now, tried in verdicts:
        out.print(f"[dim]{escape(asked.where)}[/]", soft_wrap=True)
        print_verdict(out, asked.plan, tried, now, calendar.zone, figures=figures)
        doubt = warning(asked.plan, strange)
        if doubt is not None:
            out.print(f"  [yellow]note[/]   {escape(doubt)}", soft_wrap=True)
        out.print()


def _read(file: Path) -> Iterator[Asked]:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"there is no file {file}: give the path of a plan, e.g. schemas/examples/plans/*.json"
        ) from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
    found = False
    for number, item in items(raw):
        try:
            event = parse_structured(item)
        except ContractError as error:
            raise Refused(f"{file}, event {number}: {error}") from None
        if not isinstance(event.data, PlanBody):
            raise Refused(f"{file}, event {number}: {event.type} is no plan: give planned.requested or planned.amended")
        found = True
        yield Asked(str(file) if number == 1 else f"{file}, event {number}", event.data)
    if not found:
        raise Refused(f"{file} holds no event: write a planned.requested as a JSON object")


def _network(file: Path | None) -> Network | None:
    """The lines of `file`, or of the file that the planner here goes by."""
    chosen = file or os.environ.get("OUTAGE_NETWORK_FILE")
    try:
        return load_network(chosen) if chosen else None
    except PolicyError as error:
        raise Refused(str(error)) from None


def _instant(at: str, where: Where) -> datetime:
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Misused(f"--at {at!r} is no instant: write 2026-03-05T09:00, or with an offset +08:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=where.zone)


Beside = tuple[Known, Sequence[Event]]
"""Other work that a plan meets, and what the planner's log says of its own outage."""


def _booked(
    where: Where, regime: Policy, asked: Sequence[Asked], at: datetime | None, *, offline: bool
) -> tuple[list[Beside], str]:
    """What the planner knows beside each plan, and the sentence that says what was looked at."""
    if offline or where.postgres is None:
        why = "asked for so" if offline else "no database is known here"
        return [(NOTHING, ())] * len(asked), f"nothing else taken as known or booked ({why})"
    said = "beside what the planner knows and has booked"
    if at is not None:
        said = "beside what the planner knew of the outage by then, and what is booked today"
    return asyncio.run(_look(where, regime, asked, at)), said


async def _look(where: Where, regime: Policy, asked: Sequence[Asked], at: datetime | None) -> list[Beside]:
    log = Log(load("planner", where))
    async with connect(where) as connection:
        await enter(connection, "planner")
        if not await connection.fetchval("select to_regclass('work') is not null"):
            raise Away("the planner's tables are not there yet: outagectl migrate; or ask with --offline")
        # One transaction for each plan: reading takes the lock under which plans are judged.
        found: list[Beside] = []
        for one in asked:
            async with connection.transaction(readonly=True):
                known = await read(connection, one.plan, regime, at or one.plan.requested_at)
                rows = await connection.fetch(SQL["known_by"], f"outage/{one.plan.mrid}", at)
            found.append((known, [log.stored(row) for row in rows]))
        return found
