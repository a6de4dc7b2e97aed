"""Print a report of a month or a year, the cases under a figure, and what figures mean, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.reports.definitions import DEFINITIONS
from operations.reports.form import (
    NOWHERE,
    SEVERAL,
    CountedCase,
    CustomersServed,
    GroupFigures,
    MonthReport,
    SilentKind,
)
from operations.times import Times, count
from outagectl.terminal.say import table
from services.reliability.indices import Indices
from services.reliability.major_days import FEW_DAYS, FEW_YEARS, NO_SERVED
from services.reliability.words import Spread

SHOWN = 12
"""So many areas and lines are shown, those with the most customer minutes first; --csv and --json have all."""
CASES_SHOWN = 200
COLUMNS = (
    "outages",
    "interrupted",
    "customer min",
    "SAIDI min",
    "SAIFI",
    "CAIDI min",
    "MAIFI",
    "ASAI %",
    "no number",
    "off still",
)
WHY = {
    FEW_YEARS: "fewer than five years are known before this one",
    FEW_DAYS: "the five years before have fewer than two days with an interruption",
    NO_SERVED: "nobody says how many customers are served",
}
NOTHING = "–"
NAMES = {SEVERAL: "(several)", NOWHERE: "(not named)"}


def show_report(out: Console, report: MonthReport, t: Times) -> None:
    """All of it, the most important first."""
    until = "" if report.is_over else f"; it is not over, and counts until {t.text(report.as_of)}"
    out.print(f"[bold]Supply in {report.period}[/] (days of {escape(report.zone)}{until})\n")
    whole = [("all", report.whole.indices)]
    if report.whole.without_major is not None:
        whole.append(("without major event days", report.whole.without_major))
    out.print(_table("", whole))
    for title, groups in (
        ("by month", report.by_month),
        ("by class", report.by_class),
        ("by territory", report.by_territory),
        ("by area", report.by_area),
        ("by line", report.by_line),
    ):
        _show_groups(out, title, groups)
    _show_words(out, report)
    out.print()
    for line in notes(report):
        out.print(f"[dim]{escape(line)}[/]")


def _show_groups(out: Console, title: str, groups: Sequence[GroupFigures]) -> None:
    if not groups or [one.name for one in groups] == [NOWHERE]:
        return
    shown = groups if title == "by month" else groups[:SHOWN]
    out.print()
    out.print(_table(title, [(NAMES.get(one.name, one.name), one.indices) for one in shown]))
    if len(shown) < len(groups):
        out.print(f"[dim]{len(groups) - len(shown):,} more: --csv and --json have them.[/]")


def _table(title: str, rows: Sequence[tuple[str, Indices]]) -> Table:
    """Without the columns of which nothing can be said, or in which nothing stands."""
    cells = [_row(found) for _, found in rows]
    used = [number for number, _ in enumerate(COLUMNS) if any(row[number] not in ("", NOTHING) for row in cells)]
    names = [COLUMNS[number] for number in used]
    return table(
        None, (title, *names), [(name, *(row[n] for n in used)) for (name, _), row in zip(rows, cells, strict=True)]
    )


def _row(found: Indices) -> tuple[str, ...]:
    return (
        f"{found.outages:,}",
        f"{found.customers_interrupted:,}",
        f"{found.customer_minutes:,.0f}",
        _number(found.saidi, 2),
        _number(found.saifi, 4),
        _number(found.caidi, 1),
        _number(found.maifi, 4),
        _number(None if found.asai is None else 100 * found.asai, 4),
        f"{found.not_known:,}" if found.not_known else "",
        f"{found.open:,}" if found.open else "",
    )


def _number(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:,.{places}f}"


def _show_words(out: Console, report: MonthReport) -> None:
    words = report.words
    rows = [
        _spread("first expected time, min after the first word", words.until_first_said),
        _spread("power back, min after the expected time", words.lateness),
        _spread("expected time moved, times", words.moved),
        _spread("first report to a crew, min", words.report_to_dispatch),
    ]
    if report.silence is not None:
        rows.append(_silent("the longest silence of forgotten customers, min", report.silence.forgotten))
        rows.append(_silent("the longest silence while a word was held, min", report.silence.held))
    out.print()
    out.print(table(None, ("what was said and done", "outages", "median", "nine tenths within", "most"), rows))
    calls = report.calls
    if calls is not None and calls.rate is not None:
        out.print(
            f"[dim]Calls back after a repair: {calls.called:,} of {calls.due:,} made ({100 * calls.rate:.0f} %), "
            f"{calls.satisfied:,} satisfied, {calls.unreached:,} not reached.[/]"
        )
    out.print(f"[dim]An expected time was ever said of {words.said:,} of {count(words.outages, 'outage')}.[/]")


def _silent(name: str, found: SilentKind) -> tuple[object, ...]:
    """Watched over, and none found, is not the same as not measured."""
    if not found.silences:
        return (name, 0, "none", "", "")
    hours = f" ({count(found.customers, 'customer')}, {found.hours:,.1f} h together)"
    return _spread(name + hours, found.oldest)


def _spread(name: str, found: Spread) -> tuple[object, ...]:
    if not found.count:
        return (name, 0, "not measured", "", "")
    return (name, f"{found.count:,}", *(f"{value or 0:,.0f}" for value in (found.median, found.p90, found.most)))


def notes(report: MonthReport) -> list[str]:
    """What the figures rest on, and what they do not say."""
    found = [_served(report.served)]
    if report.whole.indices.open:
        found.append(
            f"{count(report.whole.indices.open, 'outage')} off still: counted until "
            f"{'the period was over' if report.is_over else 'now'}, whole once power is back (--cases open)."
        )
    if report.major.threshold is not None:
        days = ", ".join(f"{day:%m-%d}" for day in report.major.major) or "none"
        found.append(
            f"Major event days: {days} (daily SAIDI beyond T_MED = {report.major.threshold:.3f} min, "
            f"of {count(report.major.days, 'day')} in five years)."
        )
    else:
        found.append(f"Major event days are not classified: {WHY.get(report.major.why or '', report.major.why)}.")
    if report.whole.indices.not_known:
        found.append(
            f"Of {count(report.whole.indices.not_known, 'outage')} nobody said how many customers they cut: in no sum "
            "(--cases not-known)."
        )
    if report.unresolved:
        found.append(
            f"{count(report.unresolved, 'stay')} under another outage without a number: these customers may be counted twice."
        )
    if report.not_counted:
        found.append(
            f"{count(report.not_counted, 'outage')} of an older version not counted as of now: run outagectl rearm."
        )
    found.append(
        f"Sustained is longer than {report.sustained_minutes:g} min ({report.policy} {report.policy_version}). An interruption "
        "counts where it began. What figures mean: --definitions; the list under one: --cases FIGURE."
    )
    return found


def _served(served: CustomersServed) -> str:
    if served.customers is None:
        return (
            "SAIDI, SAIFI, MAIFI and ASAI cannot be said: neither the network model nor the policy ([settings.reliability] "
            "customers_served) says how many customers are served."
        )
    if served.source == "setting":
        return f"Customers served: {served.customers:,.0f}, by the policy ([settings.reliability])."
    known = "" if served.days_known == served.days else f", known on {served.days_known} of {count(served.days, 'day')}"
    more = f"; {count(served.unknown, 'transformer')} without a number" if served.unknown else ""
    return (
        f"Customers served: {served.customers:,.0f} by the network model ({', '.join(served.editions)}){known}{more}."
    )


def show_cases(out: Console, figure: str, cases: Sequence[CountedCase], t: Times) -> None:
    """The cases under a figure."""
    if not cases:
        out.print(f"There is no case under {figure}.")
        return
    columns = ["outage", "off from", "until", "customers", "by", figure, "class", "lines", "areas", "note"]
    rows = [
        (
            case.mrid,
            t.text(case.off_from),
            t.text(case.off_until),
            NOTHING if case.customers is None else f"{case.customers:,}",
            case.known_by or "",
            "" if case.value is None else f"{case.value:,.1f}",
            case.outage_class,
            _few(case.lines),
            _few(case.areas),
            case.note,
        )
        for case in cases[:CASES_SHOWN]
    ]
    used = [number for number, _ in enumerate(columns) if any(row[number] not in (None, "", NOTHING) for row in rows)]
    out.print(table(None, [columns[n] for n in used], [[row[n] for n in used] for row in rows]))
    more = f" {count(len(cases) - CASES_SHOWN, 'more')}: --csv or --json has them." if len(cases) > CASES_SHOWN else ""
    out.print(f"\n{count(len(cases), 'case')}.{more} [dim]{t.note}[/]")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")  # noqa: PLR2004 - two fit


def show_definitions(out: Console) -> None:
    """What each figure means, in English and Chinese, and by whom."""
    for name, one in DEFINITIONS.items():
        out.print(f"[bold]{name}[/]  [dim]{escape(one.source)}[/]\n  {escape(one.english)}\n  {escape(one.chinese)}")
