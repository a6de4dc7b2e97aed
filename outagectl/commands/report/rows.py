"""Print a report, or the cases under a figure, as comma-separated values."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from operations.reports.form import CountedCase, GroupFigures, MonthReport
from services.places import escaped
from services.reliability.indices import Indices

SILENCE = tuple(
    f"silence_{kind}_{what}"
    for kind in ("forgotten", "held")
    for what in ("outages", "customers", "hours", "longest_minutes")
)
FORMULA = "=+-@\t\r"
"""A cell that begins so is a formula to a spreadsheet: names of places come from other systems."""


def report_csv(report: MonthReport) -> None:
    """One line for each group of figures."""
    names = Indices.__struct_fields__
    _write(["period", "kind", "name", "without_major_event_days", *names, *SILENCE], _groups(report, names))


def _groups(report: MonthReport, names: Sequence[str]) -> Iterator[list[object]]:
    groups: list[GroupFigures] = [report.whole]
    for more in (report.by_month, report.by_class, report.by_territory, report.by_area, report.by_line):
        groups += more
    for group in groups:
        for without, found in ((False, group.indices), (True, group.without_major)):
            if found is not None:
                silence = _silence(report) if group is report.whole and not without else [None] * len(SILENCE)
                row = [report.period, group.kind, group.name, without, *(getattr(found, name) for name in names)]
                yield [*row, *silence]


def _silence(report: MonthReport) -> list[object]:
    """Of all outages together: who heard nothing of them is not asked by line or area."""
    if report.silence is None:
        return [None] * len(SILENCE)
    return [
        value
        for kind in (report.silence.forgotten, report.silence.held)
        for value in (kind.outages, kind.customers, kind.hours, kind.oldest.most)
    ]


def cases_csv(cases: Iterable[CountedCase]) -> None:
    """One line for each case."""
    names = CountedCase.__struct_fields__
    _write(names, ([getattr(case, name) for name in names] for case in cases))


def _write(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case tuple():
            return _cell("; ".join(value))
        case str():
            shown = escaped(value)
            return f"'{shown}" if shown[:1] in FORMULA and shown else shown
        case _:
            return value
