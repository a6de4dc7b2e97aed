"""`outagectl fulfilment`: how promises were kept in a month, case by case, and its statement."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from operations.fulfilment.months import MonthStanding, by_area, cases, explained, months, named, standing
from operations.system.asking import ask, who
from operations.system.location import find
from operations.times import count
from outagectl.commands.fulfilment.text import case_cells, print_month, print_months
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.restorer.domain.months.decider import PUBLISHED, PUBLISHED_BEFORE, TAKEN_UP
from services.restorer.publishing import PUBLISH, OneMonth

Month = Annotated[str, typer.Argument(metavar="MONTH", help="As 2026-03, in the utility's zone.")]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="How promises were kept in a month, and its statement."
)


@app.command()
def show(
    month: Annotated[str | None, typer.Argument(metavar="MONTH", help="As 2026-03; without one, all of them.")] = None,
    *,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show how each rule fared in a month by its cases now, the statement that stands, and what differs; or list the months."""
    where = find(data)
    if month is None:
        found = asyncio.run(months(where))
        if json:
            as_json(found)
        else:
            print_months(found, times(where, utc=utc))
        return
    stands = asyncio.run(standing(where, month))
    if json:
        as_json(_document(stands))
    else:
        print_month(stands, times(where, utc=utc))


@app.command("cases")
def cases_(
    month: Month,
    *,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only of this rule.")] = None,
    statement: Annotated[
        str | None, typer.Option("--statement", metavar="ID", help="As this statement froze them, e.g. 2026-03/1.")
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="One JSON array a line: of these bytes the digests are, e.g. | sha256sum.")
    ] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """List every case that a month's figures are made of."""
    where = find(data)
    found = asyncio.run(cases(where, month, rule, statement))
    if lines:
        sys.stdout.write("".join(f"{line}\n" for line in found))
    elif json:
        as_json([msgspec.json.decode(line) for line in found])
    elif not found:
        console().print(f"No case falls in {month}.")
    else:
        columns = ("rule", "case", "from", "due", "done", "standing", "why")
        said = asyncio.run(explained(where, month))
        console().print(table(None, columns, [case_cells(msgspec.json.decode(line), said) for line in found]))
        console().print(
            f"\n{count(len(found), 'case')}. [dim]Instants in UTC. The bytes that digests are of: --lines[/]"
        )


@app.command()
def areas(
    month: Month,
    *,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only of this rule.")] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Show how promises of outages were kept, area by area; one whose outage was in several counts in each."""
    found = asyncio.run(by_area(find(data), month, rule))
    if json:
        as_json([{**asdict(one), "rate": one.rate} for one in found])
    elif not found:
        console().print(f"No promise falls in {month}.")
    else:
        cells = [
            (
                one.area or "(nobody said)",
                *(f"{number:,}" for number in (one.kept, one.broken, one.voided, one.open)),
                "–" if one.rate is None else f"{one.rate:.2f} %",
            )
            for one in found
        ]
        console().print(table(None, ("area", "kept", "broken", "voided", "open", "kept of judged"), cells))


@app.command()
def publish(
    month: Month,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves it; goes on record and is published.")],
    reason: Annotated[str, typer.Option("--reason", help="Why now, for the record.")] = "",
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Publish a month's statement; again, where late facts have changed it: then as a correction that says what changed."""
    where = find(data)
    named(month)
    confirm(f"how promises were kept in {month} is published for {by}", yes=yes)
    answer = asyncio.run(ask(where, "restorer", PUBLISH, OneMonth(month=month, by=by), reason=reason.strip()))
    if json:
        as_json({"reason": answer.reason, **answer.result})
        return
    name = escape(str(answer.result.get("statementId")))
    if answer.reason == PUBLISHED_BEFORE:
        console().print(f"Nothing has changed: {name} stands, as it was published ({answer.reason}).")
        return
    if answer.reason == TAKEN_UP:
        console().print(
            f"{name} was published in a time that the database has lost, and says the same: "
            f"it is on record again ({answer.reason})."
        )
        return
    what = "published" if answer.reason == PUBLISHED else "published as a correction"
    console().print(f"[green]✓[/] {name} is {what}. Recorded for {escape(who())}.")
    console().print(
        f"[dim]Look at it: outagectl fulfilment show {month}; prove it: outagectl evidence statement {name}[/]"
    )


def _document(stands: MonthStanding) -> dict[str, object]:
    return {
        "month": stands.view.month,
        "opened": stands.view.opened,
        "counted": stands.view.counted,
        "promises": stands.view.promises,
        "rate": stands.rate,
        "cases": stands.figures.cases,
        "casesDigest": stands.figures.digest,
        "rows": stands.rows,
        "statement": stands.view.statement,
        "changes": stands.changes,
    }
