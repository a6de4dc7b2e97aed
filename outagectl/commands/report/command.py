"""`outagectl report`: figures of supply of a month or a year, and the cases under each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from operations.errors import Misused
from operations.reports.account import account
from operations.reports.definitions import DEFINITIONS
from operations.reports.making import SILENCE, SUPPLY, WORDS, cases_of, report_of
from operations.reports.page import page_of
from operations.reports.reading import report_facts
from operations.system.location import Where, find
from outagectl.commands.message.settings import voice_settings
from outagectl.commands.report.rows import cases_csv, report_csv
from outagectl.commands.report.text import show_cases, show_definitions, show_report
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times

FIGURES = (*SUPPLY, *WORDS, *SILENCE)


def report(
    *,
    period: Annotated[
        str | None, typer.Argument(metavar="MONTH", help="A month (2026-03) or a year (2026), by the utility's clocks.")
    ] = None,
    cases: Annotated[
        str | None, typer.Option("--cases", metavar="FIGURE", help=f"The cases under a figure: {', '.join(FIGURES)}.")
    ] = None,
    definitions: Annotated[bool, typer.Option("--definitions", help="What each figure means, and by whom.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write the account for the public: one page that needs nothing else."
        ),
    ] = None,
    language: Annotated[
        Literal["zh-CN", "en"], typer.Option("--language", help="Of that page.", show_default=True)
    ] = "zh-CN",
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values, for a spreadsheet.")] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """SAIDI, SAIFI, CAIDI, MAIFI and ASAI of a month or a year (IEEE 1366), by class, area and line.

    Beside them what was said of when power comes back: how soon, how late, how often it moved; and who heard nothing. Late
    facts correct them: the same month may read otherwise tomorrow. What cannot be said is said so, with why.
    """
    if sum((csv, json, html is not None)) > 1:
        raise Misused("--csv, --json and --html exclude each other")
    if html is not None and (cases is not None or definitions):
        raise Misused("the page of --html has all cases and definitions: leave out --cases and --definitions")
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
    if html is not None:
        _write_page(where, period, html, language)
        return
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


def _write_page(where: Where, period: str, to: Path, language: Literal["zh-CN", "en"]) -> None:
    voice = voice_settings()
    utility = voice.utility_name if language == "zh-CN" else voice.utility_name_en
    page = page_of(asyncio.run(account(where, period, utility)), language)
    try:
        to.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Misused(f"{to} cannot be written: {error.strerror}") from None
    console().print(
        f"[green]✓[/] {escape(str(to))}: {len(page.encode()) / 1000:,.0f} kB. Open it in a browser, or print it."
    )
