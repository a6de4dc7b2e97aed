"""`outagectl plan check`: what the planner would say to a plan, without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from operations.duty.events import items
from operations.errors import Misused, NotFound, Refused
from operations.plans.known_lines import strange_lines, warning
from operations.plans.planner_knowledge import ListedPlan, known_beside
from operations.plans.policy import chosen_policy
from operations.system.location import Where, find
from operations.times import count
from outagectl.commands.plan.verdict import print_verdict, verdict_json
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from schemas.cloudevent import ContractError, parse_structured
from schemas.contracts.dispatch import PlanBody
from services.planner.domain.trial import Trial, TrialResult
from services.policy import Policy
from services.policy.calendar import WorkingCalendar

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ask the planner without telling it anything.")


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
    booked, note = known_beside(where, regime, asked, instant, offline=offline)
    lines = (line for one in asked for line in one.plan.extent.lines)
    strange = frozenset[str]() if offline else asyncio.run(strange_lines(where, lines))
    trial = Trial(regime, working_days)
    verdicts: list[tuple[ListedPlan, datetime, TrialResult]] = []
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
    verdicts: Sequence[tuple[ListedPlan, datetime, TrialResult]],
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


def _read(file: Path) -> Iterator[ListedPlan]:
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
        yield ListedPlan(str(file) if number == 1 else f"{file}, event {number}", event.data)
    if not found:
        raise Refused(f"{file} holds no event: write a planned.requested as a JSON object")


def _instant(at: str, where: Where) -> datetime:
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Misused(f"--at {at!r} is no instant: write 2026-03-05T09:00, or with an offset +08:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=where.zone)
