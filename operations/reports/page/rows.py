"""What stands in the tables of the page, row by row, in the words of its language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from operations.reports.form import NOWHERE, SEVERAL, CountedCase, GroupFigures
from operations.reports.page.labels import PageLabels
from operations.reports.page.plots import share
from operations.times import Times
from schemas.contracts.restorations import FulfilmentRow
from services.reliability.words import Spread

GROUPS_SHOWN: Final = 15
CASES_SHOWN: Final = 100
PROMISES_SHOWN: Final = 50
NAMES_SHOWN: Final = 2
INDICES: Final[Mapping[str, int]] = {"saidi": 3, "saifi": 4, "caidi": 1, "maifi": 4}
"""The indices of a group, with how many places each is shown."""
DASH: Final = "–"


def number(value: float | None, places: int = 0, without: str = DASH) -> str:
    """A figure with so many places; `without` where there is none."""
    return without if value is None else f"{value:,.{places}f}"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One area, line, kind …: its figures, and how long its bar is, in percent."""

    name: str
    cells: tuple[str, ...]
    bar: float


def indices_said(groups: Sequence[GroupFigures]) -> tuple[str, ...]:
    """Which indices can be said of any of these; CAIDI stands in any case."""
    said = (
        name for name in INDICES if name == "caidi" or any(getattr(one.indices, name) is not None for one in groups)
    )
    return tuple(said)


def is_unnamed(groups: Sequence[GroupFigures]) -> bool:
    """Whether no outage says by what it could be found here."""
    return {one.name for one in groups} == {NOWHERE}


def group_rows(groups: Sequence[GroupFigures], said: Sequence[str], labels: PageLabels) -> list[GroupRow]:
    """The groups with the most customer minutes, as many as are shown; months all, and in their order. `said`: their indices."""
    shown = groups if groups and groups[0].kind == "month" else groups[:GROUPS_SHOWN]
    most = max((one.indices.customer_minutes for one in groups), default=0.0)
    return [
        GroupRow(
            _name(one, labels),
            (
                number(one.indices.outages),
                number(one.indices.customers_interrupted),
                number(one.indices.customer_minutes),
                *(number(getattr(one.indices, name), INDICES[name]) for name in said),
            ),
            share(one.indices.customer_minutes, most),
        )
        for one in shown
    ]


def _name(group: GroupFigures, labels: PageLabels) -> str:
    if group.name in (SEVERAL, NOWHERE):
        return labels.several if group.name == SEVERAL else labels.nowhere
    words = {"class": labels.classes, "territory": labels.territories}.get(group.kind, {})
    return words.get(group.name, group.name)


def spread_cells(found: Spread, labels: PageLabels) -> tuple[str, ...]:
    """How some figures lie: count, median, nine tenths, the most."""
    if not found.count:
        return ("0", labels.not_measured, "", "")
    return (number(found.count), number(found.median), number(found.p90), number(found.most))


def case_cells(case: CountedCase, labels: PageLabels, t: Times) -> tuple[str, ...]:
    """One case under a figure of supply."""
    return (
        case.mrid,
        t.text(case.off_from),
        t.text(case.off_until),
        number(case.customers),
        labels.verdicts.get(case.known_by or "", DASH if case.known_by in (None, "not-known") else str(case.known_by)),
        number(case.value, 1),
        labels.classes.get(case.outage_class or "", case.outage_class or DASH),
        _few(case.lines),
        _few(case.areas),
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (f" … +{len(names) - NAMES_SHOWN}" if len(names) > NAMES_SHOWN else "")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of a month. `kept`, `broken`: how long the parts of its bar are, in percent of all that was decided."""

    rule_id: str
    asks: str
    source: str
    verified: bool
    cells: tuple[str, ...]
    over_all: str
    kept: float
    broken: float


def promise_rows(rows: Sequence[FulfilmentRow], labels: PageLabels) -> Iterator[RuleRow]:
    """The rules that have a case, first those with the most broken promises; those that are not measured come after them."""
    for row in sorted(rows, key=lambda one: (not one.measured, not _has_cases(one), -one.broken, one.rule.rule_id)):
        if row.measured and not _has_cases(row):
            continue
        decided = row.kept + row.broken
        counts = (row.made, row.kept, row.broken, row.voided, row.open)
        yield RuleRow(
            row.rule.rule_id,
            row.asks or row.obligation or "",
            row.rule.source or "",
            row.rule.verified,
            tuple(number(one) if row.measured and row.made else "" for one in counts),
            _over_all(row, labels),
            share(row.kept, decided),
            share(row.broken, decided),
        )


def _has_cases(row: FulfilmentRow) -> bool:
    return bool(row.made or row.counted or row.waiting or row.left_out)


def _over_all(row: FulfilmentRow, labels: PageLabels) -> str:
    if not row.measured:
        return labels.not_measured
    parts = [labels.verdicts.get(row.verdict, row.verdict)] if row.verdict else []
    if row.figure is not None:
        unit = labels.units.get(row.unit or "", row.unit or "")
        asked = "" if row.limit is None else f" ({'≥' if row.aggregate == 'rate>=' else '≤'} {row.limit:g})"
        parts.append(f"{row.figure:g} {unit}{asked}")
    return ": ".join(parts)


def promise_cases(
    lines: Sequence[str], rule_id: str, labels: PageLabels, t: Times
) -> tuple[int, list[tuple[str, ...]]]:
    """How many cases a rule has, and those that are shown: what was not kept first."""
    found = [case for case in map(msgspec.json.decode, lines) if case[1] == rule_id]
    found.sort(key=lambda case: not (case[0] == "promise" and case[10] == "broken"))
    return len(found), [_cells(case, labels, t) for case in found[:PROMISES_SHOWN]]


def _cells(line: Sequence[Any], labels: PageLabels, t: Times) -> tuple[str, ...]:
    """A line of a month's case list (services/restorer/domain/months/cases.py): case, from, due, done, how it stands, why."""
    words = labels.verdicts
    match line:
        case ["promise", _, _, name, _, mrid, customer, _, since, due, stands, at, reason, was]:
            shown = words.get(stands, stands) + (f" ({words.get(was, was)})" if was else "")
            # The page is for everybody: a promise to one customer is told by its outage, and says of whom to nobody.
            which = mrid or (DASH if customer else name)
            return which, _at(since, t), _at(due, t), _at(at, t), shown, reason or ""
        case ["measure", _, mrid, episode, _, _, since, done, left_out]:
            stands = words["left-out"] if left_out else words["measured"] if done else words["not-known"]
            return f"{mrid} {episode}", _at(since, t), "", _at(done, t), stands, left_out or ""
        case ["call-back", _, mrid, report, since, outcome, reason]:
            stands = words.get(outcome, outcome) if outcome else words["to-be-called"]
            return f"{mrid} {report}", _at(since, t), "", "", stands, reason or ""
        case _:
            return " ".join(str(part) for part in line[2:4]), "", "", "", "", ""


def _at(value: str | datetime | None, t: Times) -> str:
    return "" if not value else t.text(value)
