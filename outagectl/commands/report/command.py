"""`outagectl report`: figures of supply of a month or a year, and the cases under each."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from operations.errors import Misused
from operations.reports.definitions import DEFINITIONS
from operations.reports.making import SUPPLY, WORDS, cases_of, report_of
from operations.reports.reading import report_facts
from operations.system.location import find
from outagectl.commands.report.rows import cases_csv, report_csv
from outagectl.commands.report.text import show_cases, show_definitions, show_report
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times

FIGURES = (*SUPPLY, *WORDS)


def report(
    *,
    period: Annotated[
        str | None, typer.Argument(metavar="MONTH", help="A month (2026-03) or a year (2026), by the utility's clocks.")
    ] = None,
    cases: Annotated[
        str | None, typer.Option("--cases", metavar="FIGURE", help=f"The cases under a figure: {', '.join(FIGURES)}.")
    ] = None,
    definitions: Annotated[bool, typer.Option("--definitions", help="What each figure means, and by whom.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values, for a spreadsheet.")] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """SAIDI, SAIFI, CAIDI, MAIFI and ASAI of a month or a year (IEEE 1366), by class, area and line.

    Beside them what was said of when power comes back: how soon, how late, how often it moved. Late facts correct them: the same
    month may read otherwise tomorrow. What cannot be said is said so, with why.
    """
    if csv and json:
        raise Misused("--csv and --json exclude each other")
    if definitions:
        if json:
            as_json({name: one._asdict() for name, one in DEFINITIONS.items()})
        else:
            show_definitions(console())
        return
    if period is None:
        raise Misused("name a month (2026-03) or a year (2026)")
    if cases is not None and cases not in FIGURES:
        raise Misused(f"there is no figure {cases}: name one of {', '.join(FIGURES)}")
    where = find(data)
    facts = asyncio.run(report_facts(where, period))
    if cases is not None:
        found = cases_of(facts, cases)
        if json:
            as_json(found)
        elif csv:
            cases_csv(found)
        else:
            show_cases(console(), cases, found, times(where, utc=utc))
        return
    made = report_of(facts)
    if json:
        as_json(made)
    elif csv:
        report_csv(made)
    else:
        show_report(console(), made, times(where, utc=utc))
