"""Print how promises were kept in a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from operations.fulfilment.months import MonthStanding, MonthView
from operations.times import Times, count
from outagectl.terminal.say import console, table
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow, StatementChange

VERDICTS = {"kept": "kept", "broken": "NOT kept", "no-cases": "no case", "not-measured": "not measured"}
DIGITS = 12
"""So much of a digest is shown; --json has it whole."""


def print_months(found: Sequence[MonthView], t: Times) -> None:
    """All months, a line each."""
    if not found:
        console().print("No month has a case yet.")
        return
    cells = [
        (
            one.month,
            _stage(one, t),
            "–" if one.statement is None or one.statement.rate is None else f"{one.statement.rate:g} %",
            "" if one.counted is None else f"{one.counted.cases:,}",
        )
        for one in found
    ]
    console().print(table(None, ("month", "stands", "published rate", "cases"), cells))


def _stage(one: MonthView, t: Times) -> str:
    if one.statement is not None:
        return f"published as {one.statement.statement_id}, {t.text(one.statement.published_at)}"
    if one.counted is not None:
        due = next((told["dueAt"] for told in one.promises if told.get("state") in ("open", "atRisk")), None)
        return "judged, not published" + (f": due {t.text(due)}" if due is not None else "")
    return "not over" if one.opened is None else f"judged from {t.text(one.opened.judged_from)} on"


def print_month(stands: MonthStanding, t: Times) -> None:
    """One month: its statement, each rule, what is not measured, what differs."""
    out, said = console(), stands.view.statement
    rate = "no promise was decided" if stands.rate is None else f"{stands.rate:g} % of promises kept"
    out.print(f"[bold]{stands.view.month}[/]  {rate}; the target is 100 %.  {escape(_stage(stands.view, t))}")
    if said is not None:
        _print_statement(said)
    shown = [row for row in stands.rows if row.measured and _has_cases(row)]
    if shown:
        columns = ("rule", "made", "kept", "broken", "voided", "open", "corrected", "over all cases")
        out.print(table(None, columns, [_cells(row) for row in shown]))
    for row in shown:
        for why, reasons in (("voided", row.voided_for), ("left out", row.left_out)):
            if reasons:
                named = ", ".join(f"{one.count} {one.reason}" for one in reasons)
                out.print(f"  {escape(row.rule.rule_id)}: {why}: {escape(named)}", soft_wrap=True)
    without = [row.rule.rule_id for row in stands.rows if row.measured and not _has_cases(row)]
    if without:
        out.print(f"[dim]Without a case: {escape(', '.join(without))}[/]", soft_wrap=True)
    unmeasured = [row.rule.rule_id for row in stands.rows if not row.measured]
    if unmeasured:
        out.print(f"Not measured, and so never counted as kept: {escape(', '.join(unmeasured))}", soft_wrap=True)
    out.print(
        f"{count(stands.figures.cases, 'case')}, sha256 {stands.figures.digest[:DIGITS]}…  "
        f"[dim]{t.note} List them: outagectl fulfilment cases {stands.view.month}[/]"
    )
    if stands.changes:
        out.print(f"[yellow]Late facts have changed {count(len(stands.changes), 'figure')} since it was published:[/]")
        _print_changes(stands.changes)
        out.print(f"[dim]Publish the correction: outagectl fulfilment publish {stands.view.month} --by NAME[/]")
    elif said is None and stands.view.counted is not None:
        out.print(f"[dim]Publish it: outagectl fulfilment publish {stands.view.month} --by NAME[/]")


def _print_statement(said: FulfilmentPublished) -> None:
    out = console()
    corrects = f"; corrects {said.corrects}" if said.corrects else ""
    out.print(
        f"  statement {said.statement_id}, approved by {escape(said.approved_by or 'nobody named')}{corrects}: "
        f"{count(said.cases, 'case')}, sha256 {(said.cases_digest or '')[:DIGITS]}…"
    )
    if said.changes:
        _print_changes(said.changes)
    for one in said.earlier:
        out.print(f"  late facts have overtaken {one.statement_id}:")
        _print_changes(one.changes)


def _print_changes(changed: Sequence[StatementChange]) -> None:
    for one in changed:
        console().print(
            f"    {escape(one.rule_id)}: {one.figure} {_figure(one.was)} → {_figure(one.now)}", soft_wrap=True
        )


def _has_cases(row: FulfilmentRow) -> bool:
    return bool(row.made or row.counted or row.waiting or row.left_out)


def _cells(row: FulfilmentRow) -> tuple[object, ...]:
    counts = (row.made, row.kept, row.broken, row.voided, row.open, row.corrected)
    return (row.rule.rule_id, *(f"{number:,}" if number else "" for number in counts), _over_all(row))


def _over_all(row: FulfilmentRow) -> str:
    if row.figure is None and row.verdict is None:
        return f"{row.waiting} not known" if row.waiting else ""
    parts = [VERDICTS.get(row.verdict, row.verdict)] if row.verdict else []
    if row.figure is not None:
        unit = "%" if row.unit == "percent" else row.unit or ""
        asked = "" if row.limit is None else f", asked {row.limit:g}"
        parts.append(f"{row.figure:g} {unit}{asked}, of {count(row.counted, 'case')}")
    if row.waiting:
        parts.append(f"{row.waiting} not known")
    return ": ".join(parts[:2]) + "".join(f"; {more}" for more in parts[2:])


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def case_cells(line: Sequence[Any], explained: Mapping[tuple[str, str], str]) -> tuple[object, ...]:
    """A case's line as cells: rule, which, since when, by when, when, how it stands, why; `explained`: what people said of it."""
    match line:
        case ["promise", rule, service, name, _, _, _, _, since, due, stands, at, reason, was]:
            shown = f"{stands} (was {was})" if was else stands
            why = f"{reason}: {told}" if (told := explained.get((service, name))) else reason
            return rule, f"{service} {name}", _minute(since), _minute(due), _minute(at), shown, why
        case ["measure", rule, mrid, episode, _, _, since, done, left_out]:
            stands = "left out" if left_out else "measured" if done else "not known"
            return rule, f"{mrid} {episode}", _minute(since), None, _minute(done), stands, left_out
        case ["call-back", rule, mrid, report, since, outcome, reason]:
            return rule, f"{mrid} report {report}", _minute(since), None, None, outcome or "to be called", reason
        case ["calls", rule, hotline, hour, rang, in_time]:
            return rule, f"{hotline}, an hour", _minute(hour), None, None, f"{in_time} of {rang} in time", None
        case _:
            return line[1], " ".join(str(part) for part in line[2:4]), None, None, None, None, None


def _minute(at: str | None) -> str | None:
    return at[:16].replace("T", " ") if at else None
