"""Write what becomes of a month as lines of the log book: its promises counted, its rules judged, its statement published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from demo.logbook.times import Line, Tone, name_of
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from operations.times import count
from outagectl.words.rules import briefly
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow
from services.restorer.domain.months.events import AggregateJudged, MonthJudged, MonthOpened

VERDICTS = {"kept": "kept", "broken": "NOT kept"}
OWN = (MonthOpened, MonthJudged, AggregateJudged, FulfilmentPublished)
"""What is told here; a month is opened by its first case, of itself, and nobody waits for it."""


def month_lines(entries: Sequence[HistoryEntry]) -> Iterator[Line]:
    """The lines of one instant."""
    judged = [event for one in entries if isinstance(event := decoded(one.type, one.data), AggregateJudged)]
    for entry in entries:
        event = decoded(entry.type, entry.data)
        if isinstance(event, MonthJudged):
            what = (
                f"counts the month: {count(event.cases or 0, 'case')}; and judges what is asked of all of them together"
            )
            yield Line(entry.at, entry.service, what, tuple(_rules(judged)), about=name_of(entry))
        elif isinstance(event, FulfilmentPublished):
            yield _statement(entry, event)


def _rules(judged: Sequence[AggregateJudged]) -> Iterator[str]:
    for one in judged:
        if one.figure is not None and one.limit is not None:
            yield (
                f"{VERDICTS.get(one.verdict, one.verdict)}: {_measure(one.figure, one.unit)} of "
                f"{count(one.counted, 'case')}, asked is {one.limit:g} · rule {briefly(one.rule)}"
            )
    without = sum(one.verdict == "no-cases" for one in judged)
    if without:
        yield f"{count(without, 'rule')} without a case"


def _statement(entry: HistoryEntry, said: FulfilmentPublished) -> Line:
    kept, broken = sum(row.kept for row in said.rows), sum(row.broken for row in said.rows)
    again = f" in place of {said.corrects}" if said.corrects else ""
    rate = "no promise was decided" if said.rate is None else f"{said.rate:g} % of promises were kept"
    target = "" if said.target is None else f"; the target is {said.target:g} %"
    notes = [
        f"kept {kept}, broken {broken}{_of(said.rows, 'broken')}",
        *_voided(said.rows),
        *_not_measured(said.rows),
        f"{count(said.cases, 'case')} frozen with it; approved by {said.approved_by or 'nobody named'}",
    ]
    tone: Tone = "bad" if broken else "good"
    what = f"publishes the statement {said.statement_id}{again}: {rate}{target}"
    return Line(entry.at, entry.service, what, tuple(notes), tone=tone, about=name_of(entry))


def _of(rows: Sequence[FulfilmentRow], field: str) -> str:
    named = [f"{row.rule.rule_id} {getattr(row, field)}" for row in rows if getattr(row, field)]
    return f" ({', '.join(named)})" if named else ""


def _voided(rows: Sequence[FulfilmentRow]) -> Iterator[str]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update({one.reason: one.count for one in row.voided_for})
    if number := sum(row.voided for row in rows):
        named = f" ({', '.join(f'{reason} {times}' for reason, times in sorted(sums.items()))})" if sums else ""
        yield f"void and counted neither way {number}{named}"


def _not_measured(rows: Sequence[FulfilmentRow]) -> Iterator[str]:
    names = [row.rule.rule_id for row in rows if not row.measured]
    if names:
        yield f"{count(len(names), 'rule')} not measured, and so not counted as kept"


def _measure(figure: float, unit: str) -> str:
    return f"{figure:g} %" if unit == "percent" else f"{figure:g} {unit}"
