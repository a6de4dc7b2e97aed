"""Describe in words what the restorer says of a month to itself: opened, counted, judged."""

from __future__ import annotations

from operations.times import count
from outagectl.words.catalogue import catalogue, words
from services.restorer.domain.months.events import (
    AggregateJudged,
    MonthJudged,
    MonthLooked,
    MonthOpened,
    StatementAsked,
    StatementTakenUp,
)


def _judged(e: AggregateJudged) -> str:
    verdict = {"kept": "kept", "broken": "not kept", "no-cases": "without a case", "not-measured": "not measured"}
    figure = "" if e.figure is None else f": {e.figure:g} {e.unit} of {count(e.counted, 'case')}"
    asked = "" if e.figure is None or e.limit is None else f", asked is {e.limit:g}"
    rule = e.rule.rule_id if e.rule else "?"
    return f"Rule {rule} is {verdict.get(e.verdict, e.verdict)} in {e.month}{figure}{asked}"


def _opened(e: MonthOpened, judged_from: str) -> str:
    if len(e.policies or ()) > 1:
        return f"Another policy came into force in {e.month}: {e.policies[-1].policy_version}"
    return f"The first case of {e.month} came; it is judged from {judged_from} on"


def _taken_up(e: StatementTakenUp) -> str:
    name = e.statement.statement_id if e.statement else f"of {e.month}"
    return f"Statement {name} was published in a time that the database has lost: it is on record again"


MONTHS = catalogue(
    words(MonthOpened, lambda e, t: _opened(e, t.text(e.judged_from))),
    words(MonthJudged, lambda e, _: f"All of {e.month} was counted: {count(e.cases or 0, 'case')}"),
    words(AggregateJudged, lambda e, _: _judged(e)),
    words(MonthLooked, lambda e, _: f"Cases of {e.month} are new or changed: the month is looked at"),
    words(StatementTakenUp, lambda e, _: _taken_up(e)),
    words(StatementAsked, lambda e, _: f"The statement of {e.month} is to be published, approved by {e.by}"),
)
