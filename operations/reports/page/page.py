"""Put the page together: the report, how promises were kept, and the cases under each figure, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from operations.fulfilment.months import MonthStanding
from operations.reports.definitions import DEFINITIONS, OWN, Definition
from operations.reports.form import CountedCase, GroupFigures, MonthReport
from operations.reports.page.labels import LABELS, PageLabels, PageLanguage
from operations.reports.page.plots import Bar, Plot, plot_of
from operations.reports.page.rows import (
    CASES_SHOWN,
    GROUPS_SHOWN,
    PROMISES_SHOWN,
    case_cells,
    group_rows,
    indices_said,
    is_unnamed,
    number,
    promise_cases,
    promise_rows,
    spread_cells,
)
from operations.times import Times
from services.places import escaped
from services.reliability.periods import period_of

LISTED: Final[Mapping[str, str]] = {"caidi": "saidi", "asai": "saidi"}
"""Figures that are made of another one's cases."""
CASE_FIGURES: Final = (
    "saidi",
    "saifi",
    "maifi",
    "major-event-days",
    "not-known",
    "open",
    "first-expected-time",
    "lateness",
    "moved",
    "report-to-dispatch",
    "silence-forgotten",
    "silence-held",
)
"""Figures whose cases are listed, in the order of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page is made of."""

    report: MonthReport
    cases: Mapping[str, Sequence[CountedCase]]
    """Under each of CASE_FIGURES."""
    month: MonthStanding | None
    """How promises were kept; None of a year, or where nothing was promised."""
    promise_lines: Sequence[str] = field(default=())
    """The lines of the month's cases."""
    utility: str
    data_as_of: Any
    """The instant up to which the restorer knew everything."""


def _plain(value: Any) -> Any:
    """Names come from other systems: what turns direction, hides or controls is shown by its number."""
    return escaped(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_plain,
)
_STYLE: Final = Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def page_of(facts: PageFacts, language: PageLanguage) -> str:
    """The page as HTML 5, complete."""
    labels, report = LABELS[language], facts.report
    t = Times(ZoneInfo(report.zone), report.zone)
    rows = list(promise_rows(facts.month.rows, labels)) if facts.month is not None else []
    return _PAGES.get_template("report.html.jinja").render(
        lang=language,
        l=labels,
        style=_STYLE,
        report=report,
        facts=facts,
        t=t,
        title=labels.title.format(utility=facts.utility, period=_named(report.period, labels)),
        as_of=labels.data_as_of.format(at=t.text(facts.data_as_of.replace(microsecond=0)), zone=report.zone),
        tiles=_tiles(facts, labels),
        plot=_plot(report, labels),
        groups=_groups(report, labels),
        words=[
            ("first-expected-time", spread_cells(report.words.until_first_said, labels)),
            ("lateness", spread_cells(report.words.lateness, labels)),
            ("moved", spread_cells(report.words.moved, labels)),
            ("report-to-dispatch", spread_cells(report.words.report_to_dispatch, labels)),
            *(
                (name, spread_cells(kind.oldest, labels))
                for name, kind in (
                    [("silence-forgotten", report.silence.forgotten), ("silence-held", report.silence.held)]
                    if report.silence is not None
                    else []
                )
            ),
        ],
        calls=_calls(report, labels),
        unsaid=[*_unsaid(report, labels)],
        promises=rows,
        promise_cases=[
            (row, *promise_cases(facts.promise_lines, row.rule_id, labels, t)) for row in rows if facts.promise_lines
        ],
        promises_shown=PROMISES_SHOWN,
        definitions=[
            (
                name,
                labels.figures[name],
                _text(one, language),
                labels.own_definition if one.source == OWN else one.source,
            )
            for name, one in _defined()
        ],
        cases=[
            (
                figure,
                len(facts.cases.get(figure, ())),
                [case_cells(one, labels, t) for one in _largest(facts.cases.get(figure, ()))],
            )
            for figure in CASE_FIGURES
        ],
        cases_shown=CASES_SHOWN,
    )


def _named(period: str, labels: PageLabels) -> str:
    """A month or a year as people write it."""
    year, _, month = period.partition("-")
    return (
        labels.month.format(year=year, month=labels.months[int(month) - 1]) if month else labels.year.format(year=year)
    )


def _defined() -> Sequence[tuple[str, Definition]]:
    return list(DEFINITIONS.items())


def _text(one: Definition, language: PageLanguage) -> str:
    return one.english if language == "en" else one.chinese


def _why(why: str, figure: str, labels: PageLabels) -> str:
    return labels.unsaid_why.get(why) or labels.unsaid_why.get(figure) or why


def _largest(cases: Sequence[CountedCase]) -> Sequence[CountedCase]:
    return sorted(cases, key=lambda one: -(one.value or 0.0))[:CASES_SHOWN]


def _tiles(facts: PageFacts, labels: PageLabels) -> list[tuple[str, str, str, str]]:
    """Figure, what it comes to, the same without major event days (or nothing), and whose cases it is made of."""
    found, without = facts.report.whole.indices, facts.report.whole.without_major
    tiles = []
    for name, places, factor in (("saidi", 2, 1), ("saifi", 4, 1), ("caidi", 1, 1), ("maifi", 4, 1), ("asai", 4, 100)):
        value = getattr(found, name)
        other = getattr(without, name) if without is not None else None
        unit = " %" if name == "asai" else ""
        shown = labels.cannot_be_said if value is None else number(value * factor, places) + unit
        ordinary = "" if other is None else f"{labels.without_major}: {number(other * factor, places)}{unit}"
        tiles.append((name, shown, ordinary, LISTED.get(name, name)))
    return tiles


def _plot(report: MonthReport, labels: PageLabels) -> Plot | None:
    """Day by day of a month, month by month of a year: SAIDI where it can be said, else customer minutes."""
    has_saidi = report.whole.indices.saidi is not None
    if report.by_month:
        return plot_of(
            [
                Bar(label=one.name, value=value, told=f"{one.name}: {number(value, 1)}")
                for one in report.by_month
                for value in [(one.indices.saidi or 0.0) if has_saidi else one.indices.customer_minutes]
            ]
        )
    days = {one.day: one for one in report.days}
    bars = []
    for day in period_of(report.period, ZoneInfo(report.zone)).days():
        one = days.get(day)
        value = 0.0 if one is None else (one.saidi or 0.0) if has_saidi else one.customer_minutes
        marked = one is not None and bool(one.major)
        told = f"{day}: {number(value, 2 if has_saidi else 0)}" + (f" ({labels.marked_day})" if marked else "")
        bars.append(Bar(label=str(day.day), value=value, told=told, marked=marked))
    return plot_of(bars)


def _cuts(report: MonthReport, labels: PageLabels) -> Sequence[tuple[str, str, Sequence[GroupFigures]]]:
    """Anchor, heading and groups of each cut through the figures that has any."""
    cuts: tuple[tuple[str, str, Sequence[GroupFigures]], ...] = (
        ("by-month", labels.by_month, report.by_month),
        ("by-class", labels.by_class, report.by_class),
        ("by-territory", labels.by_territory, report.by_territory),
        ("by-area", labels.by_area, report.by_area),
        ("by-line", labels.by_line, report.by_line),
    )
    return [one for one in cuts if one[2]]


def _groups(report: MonthReport, labels: PageLabels) -> list[tuple[str, str, list[Any], int, tuple[str, ...]]]:
    """Anchor, heading, rows, how many more there are, and the indices said, of each cut by which an outage can be found."""
    found: list[tuple[str, str, list[Any], int, tuple[str, ...]]] = []
    for anchor, heading, groups in _cuts(report, labels):
        if not is_unnamed(groups):
            said = indices_said(groups)
            rows = group_rows(groups, said, labels)
            found.append((anchor, heading, rows, max(0, len(groups) - max(GROUPS_SHOWN, len(rows))), said))
    return found


def _unsaid(report: MonthReport, labels: PageLabels) -> Iterator[str]:
    """What cannot be said of this period, and why; what may be wrong in what is said."""
    for one in report.not_measured:
        yield f"{labels.figures.get(one.figure, one.figure)}: {_why(one.why, one.figure, labels)}"
    yield from (f"{heading}: {labels.unnamed}" for _, heading, groups in _cuts(report, labels) if is_unnamed(groups))
    if report.unresolved:
        yield labels.counted_twice.format(count=number(report.unresolved))
    if report.not_counted:
        yield labels.older_version.format(count=number(report.not_counted))


def _calls(report: MonthReport, labels: PageLabels) -> str:
    calls = report.calls
    if calls is None:
        return labels.not_measured
    if calls.rate is None:
        return labels.no_calls
    return labels.reached.format(
        called=number(calls.called),
        due=number(calls.due),
        rate=number(100 * calls.rate),
        satisfied=number(calls.satisfied),
        unreached=number(calls.unreached),
    )
