"""Judge the rules that ask something of all cases of a month together: an average, or a rate. Pure.

An average is of the cases of which it is known how long they took; the others are counted beside it and named as not known,
for a crew whose coming nobody recorded is neither early nor late. A rate is of cases that were decided: kept, of kept and broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple, get_args

from schemas.contracts.base import Territory
from services.policy import Rule
from services.policy.vocabulary import Limit
from services.restorer.domain.months.events import AggregateJudged, AggregateVerdict
from services.restorer.domain.months.figures import MonthFigures, RuleFigures, WorstCase
from services.restorer.domain.months.in_force import RuleInForce
from services.restorer.domain.months.measures import is_measured
from services.restorer.domain.owed.moments import CALL_BACK

KEEP_PROMISES, ANSWER_CALL = "keep-promises", "answer-call"
SECONDS_OF: Final[Mapping[str, int]] = {"seconds": 1, "minutes": 60, "hours": 3_600, "calendar-days": 86_400}
SECOND: Final = 1_000_000
"""In microseconds."""
PERCENT: Final = "percent"
CENT: Final = Fraction(1, 100)
FIRST, LATE = "month-over", "late-facts"


class Aggregate(NamedTuple):
    """What a rule's cases come to: the figure (None of no case), of how many, and what was not counted."""

    figure: float | None
    counted: int
    waiting: int = 0
    left_out: Mapping[str, int] = {}
    worst: tuple[WorstCase, ...] = ()
    digest: str = ""


def judged(
    month: str,
    figures: MonthFigures,
    before: Mapping[str, AggregateJudged],
    rules: Iterable[RuleInForce],
    now: datetime,
) -> Iterator[AggregateJudged]:
    """What is to be said of each such rule that was not said before. `rules`: those of the month."""
    for rule, ref in rules:
        if rule.aggregate == "each":
            continue
        found, last = aggregate_of(rule, figures), before.get(rule.id)
        verdict = verdict_of(rule, found)
        word: dict[str, Any] = {
            "verdict": verdict,
            "figure": None if found is None else found.figure,
            "counted": 0 if found is None else found.counted,
            "waiting": 0 if found is None else found.waiting,
            "left_out": {} if found is None else dict(found.left_out),
            "worst": () if found is None else found.worst,
            "digest": "" if found is None else found.digest,
        }
        if last is not None and all(getattr(last, name) == value for name, value in word.items()):
            continue
        yield AggregateJudged(
            month=month,
            rule=ref,
            number=1 if last is None else last.number + 1,
            was=None if last is None else last.verdict,
            limit=None if rule.amount is None else float(rule.amount),
            unit=rule.unit,
            territories=territories_of(rule),
            judged_at=now,
            reason=FIRST if last is None else LATE,
            **word,
        )


def aggregate_of(rule: Rule, figures: MonthFigures) -> Aggregate | None:
    """What its cases come to; None where nobody measures it."""
    own = figures.rules.get(rule.id)
    if rule.aggregate == "average":
        if not is_measured(rule) or rule.unit not in SECONDS_OF:
            return None
        if own is None:
            return Aggregate(None, 0)
        mean = Fraction(own.total_us, own.measured * SECOND * SECONDS_OF[rule.unit]) if own.measured else None
        return Aggregate(_against(rule.limit, mean), own.measured, own.waiting, own.left_out, own.worst, own.digest)
    if rule.unit != PERCENT:
        return None
    if rule.obligation == KEEP_PROMISES:
        return rate_of(figures)
    if rule.obligation == CALL_BACK and own is not None:
        counted = own.measured + own.waiting
        rate = Fraction(100 * own.measured, counted) if counted else None
        return Aggregate(_against(rule.limit, rate), counted, 0, own.left_out, own.worst, own.digest)
    return None


def rate_of(figures: MonthFigures) -> Aggregate:
    """How many of the promises that fell due in the month were kept, of those that were kept or broken."""
    kept = sum(one.kept for one in figures.rules.values())
    decided = kept + sum(one.broken for one in figures.rules.values())
    left_out: dict[str, int] = {}
    for one in figures.rules.values():
        for reason, count in one.voided_for.items():
            left_out[reason] = left_out.get(reason, 0) + count
    waiting = sum(one.open for one in figures.rules.values())
    rate = Fraction(100 * kept, decided) if decided else None
    return Aggregate(_against("at-least", rate), decided, waiting, dict(sorted(left_out.items())), (), figures.digest)


def answered_in_time(found: RuleFigures) -> float | None:
    """How many of the calls that rang were answered as soon as the rule asks, in percent; None where nobody called."""
    return _against("at-least", Fraction(100 * found.in_time, found.calls)) if found.calls else None


def verdict_of(rule: Rule, found: Aggregate | None) -> AggregateVerdict:
    """Whether the rule was kept in the month."""
    if found is None or rule.amount is None:
        return "not-measured"
    if found.figure is None:
        return "no-cases"
    limit = float(rule.amount)
    return "kept" if (found.figure <= limit if rule.limit == "at-most" else found.figure >= limit) else "broken"


def territories_of(rule: Rule) -> tuple[Territory, ...]:
    """Those that it is for; none where it asks for no territory."""
    condition = rule.applies_when.get("territory")
    return tuple(one for one in get_args(Territory) if isinstance(condition, frozenset) and one in condition)


def _against(limit: Limit, figure: Fraction | None) -> float | None:
    """As it is shown and judged, in hundredths, rounded to the side that does not flatter: of 99.996 percent nobody reads 100."""
    if figure is None:
        return None
    return float((-(-figure // CENT) if limit == "at-most" else figure // CENT) * CENT)
