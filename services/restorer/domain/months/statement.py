"""Word the statement of how a month's promises were kept: figures, what they mean, and what differs from the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.contracts.base import Period, RuleRef
from schemas.contracts.restorations import (
    EarlierCorrected,
    FulfilmentPublished,
    FulfilmentRow,
    ReasonCount,
    StatementChange,
)
from services.policy import Rule
from services.policy.model import PublicNoticePolicy
from services.restorer.domain.months.events import AggregateJudged, MonthOpened
from services.restorer.domain.months.figures import EarlierStatement, MonthFigures, RuleFigures
from services.restorer.domain.months.in_force import RuleInForce
from services.restorer.domain.months.judging import answered_in_time, rate_of
from services.restorer.domain.months.measures import is_measured
from services.restorer.domain.owed.moments import CALL_BACK, OBLIGATIONS, SAID

TARGET: Final = 100.0
PROMISED: Final = frozenset(
    {
        *OBLIGATIONS,
        *SAID,
        "public-notice",
        "key-customer-notice",
        "done-by-noticed-end",
        "answer-complaint",
        "publish-fulfilment",
    }
)
"""Obligations that are promised case by case: of their rules no case is none, and not "not measured"."""
EXPLAIN: Final = "explain"
CHANGEABLE: Final = ("made", "kept", "broken", "voided", "open", "corrected", "counted", "waiting", "figure")
DEFINITIONS: Final = (
    "A promise counts in the month in which its deadline lies where the utility is. Kept: done by the deadline. "
    "Broken: not done by then, or nothing says that it was. Voided: it did not bind, with the reason. Open: neither yet. "
    "Corrected: a fact that came later overturned the first verdict; it counts as it stands. "
    "Rate: kept, of kept and broken, in percent, rounded down; the target is 100. "
    "Average: over cases of which it is known how long they took, in the month in which they began; the others are counted "
    "as waiting. Telephone: calls answered as soon as the rule asks, of those that rang, in percent, rounded down, as the call "
    "centre counts them, over all hotlines together; of hours of one hotline that overlap one counts. A month goes by the rules "
    "that were in force while it lasted, as they read then. Not measured: nobody records what the rule asks; that is not kept. "
    "Each rule's digest is sha256 over the lines that `outagectl fulfilment cases MONTH --rule RULE --lines` prints, "
    "the statement's own over those of all rules."
)


def rows_of(
    rules: Iterable[RuleInForce], figures: MonthFigures, judged: Mapping[str, AggregateJudged]
) -> tuple[FulfilmentRow, ...]:
    """A row of every rule of the month, in their order, and then of every other under which something was promised or said."""
    rows = {rule.id: _row(ref, rule, figures.rules.get(rule.id), judged.get(rule.id)) for rule, ref in rules}
    cited = {name: word.rule for name, word in judged.items()} | {name: one.rule for name, one in figures.rules.items()}
    others = sorted(cited.keys() - rows.keys())
    return (*rows.values(), *(_row(cited[name], None, figures.rules.get(name), judged.get(name)) for name in others))


def _row(ref: RuleRef, rule: Rule | None, found: RuleFigures | None, word: AggregateJudged | None) -> FulfilmentRow:
    own = found or RuleFigures(rule=ref)
    is_mean = rule is not None and is_measured(rule)
    measured = found is not None or is_mean or (rule is not None and _is_promised(rule))
    about: dict[str, Any] = {}
    if word is not None:
        about = {"verdict": word.verdict, "figure": word.figure, "limit": word.limit, "counted": word.counted}
        measured = word.verdict != "not-measured"
    elif own.calls:
        about = {"figure": answered_in_time(own), "counted": own.calls}
    elif is_mean and own.median_minutes is not None:
        about = {"figure": round(own.median_minutes, 2), "counted": own.measured}
    return FulfilmentRow(
        rule=ref,
        made=own.made,
        kept=own.kept,
        broken=own.broken,
        voided=own.voided,
        corrected=own.corrected,
        measured=measured,
        open=own.open,
        voided_for=tuple(ReasonCount(reason=name, count=count) for name, count in sorted(own.voided_for.items())),
        left_out=tuple(ReasonCount(reason=name, count=count) for name, count in sorted(own.left_out.items())),
        waiting=own.waiting,
        obligation=rule.obligation if rule is not None else own.obligation,
        aggregate=None if rule is None or rule.aggregate == "each" else rule.aggregate,
        unit="percent" if own.calls else _unit(rule, is_mean=is_mean),
        asks=None if rule is None else rule.wording[:2000],
        digest=own.digest or None,
        **about,
    )


def _is_promised(rule: Rule) -> bool:
    """To call back is promised where each case is asked for, to explain where the rule says within what time."""
    if rule.obligation == EXPLAIN:
        return rule.amount is not None
    return rule.obligation in PROMISED or (rule.obligation == CALL_BACK and rule.aggregate == "each")


def _unit(rule: Rule | None, *, is_mean: bool) -> str | None:
    if rule is not None and rule.aggregate != "each":
        return rule.unit
    return "minutes, median" if is_mean else None


def told_by(public: PublicNoticePolicy) -> str:
    """What the promise to tell the public rests on, as a definition."""
    if not public.channels:
        return (
            "The public told: counted by the notice being published; that anybody could read it then is proven by "
            "nobody."
        )
    channels = ", ".join(public.counted_by)
    return (
        f"The public told: counted by the first proof that the notice, in its very words, could be read ({channels})."
    )


def statement(
    month: str,
    opened: MonthOpened,
    figures: MonthFigures,
    rows: tuple[FulfilmentRow, ...],
    last: FulfilmentPublished | None,
    zone: ZoneInfo,
    by: str,
    now: datetime,
    public: PublicNoticePolicy,
) -> FulfilmentPublished:
    """The statement as it is to be published: the first of its month, or what corrects the one before."""
    number = 1 if last is None else last.number + 1
    total = rate_of(figures)
    return FulfilmentPublished(
        statement_id=f"{month}/{number}",
        period=Period(start=opened.begins_at, end=opened.ends_at),
        published_at=now,
        rows=rows,
        definitions=f"{DEFINITIONS} {told_by(public)}",
        month=month,
        zone=zone.key,
        number=number,
        corrects=None if last is None else last.statement_id,
        changes=() if last is None else tuple(changes(last.rows, rows)),
        approved_by=by,
        target=TARGET,
        rate=total.figure,
        cases=figures.cases,
        cases_digest=figures.digest,
        earlier=tuple(_corrected(figures.earlier)),
    )


def is_same(last: FulfilmentPublished, figures: MonthFigures, rows: tuple[FulfilmentRow, ...]) -> bool:
    """Whether the statement that stands says the same already: of the same cases, in every figure and verdict.

    A newer version of the policy that words a rule otherwise, or says nothing else of it, corrects no month.
    """
    verdicts = {row.rule.rule_id: row.verdict for row in rows}
    is_judged_so = all(verdicts.get(row.rule.rule_id, row.verdict) == row.verdict for row in last.rows)
    return last.cases_digest == figures.digest and is_judged_so and not any(changes(last.rows, rows))


def changes(was: Iterable[FulfilmentRow], now: Iterable[FulfilmentRow]) -> Iterator[StatementChange]:
    """Which figures of which rules differ, in the order of the rules."""
    before, after = ({row.rule.rule_id: row for row in rows} for rows in (was, now))
    for name in dict.fromkeys((*after, *before)):
        for field in CHANGEABLE:
            old, new = getattr(before.get(name), field, None), getattr(after.get(name), field, None)
            if old != new and (field == "figure" or (old or 0) != (new or 0)):
                yield StatementChange(rule_id=name, figure=field, was=_number(old), now=_number(new))


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _corrected(earlier: Iterable[EarlierStatement]) -> Iterator[EarlierCorrected]:
    """Statements of earlier months whose cases stand otherwise by now, and what of them."""
    for one in earlier:
        now = [
            FulfilmentRow(
                rule=row.rule,
                made=found.made,
                kept=found.kept,
                broken=found.broken,
                voided=found.voided,
                corrected=found.corrected,
                open=found.open,
            )
            for row in one.published.rows
            for found in (one.now.get(row.rule.rule_id, RuleFigures(rule=row.rule)),)
        ]
        counted = [_only_counts(row) for row in one.published.rows]
        if found_changes := tuple(changes(counted, now)):
            yield EarlierCorrected(statement_id=one.published.statement_id, changes=found_changes)


def _only_counts(row: FulfilmentRow) -> FulfilmentRow:
    return FulfilmentRow(
        rule=row.rule,
        made=row.made,
        kept=row.kept,
        broken=row.broken,
        voided=row.voided,
        corrected=row.corrected,
        open=row.open,
    )
