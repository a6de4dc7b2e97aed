"""The referee of a month's statement is shown what it must not let pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.contracts.base import Period, RuleRef
from schemas.contracts.promises import PromiseMade
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow, StatementChange
from services.restorer.domain.months.events import AggregateJudged, MonthJudged
from tests.kits.promises import made, said
from tests.sim.city.workloads.operators.statements import JUDGED, MONTH, OVER, RATE, misstated
from tests.sim.judging.words import Word, told

SOON = JUDGED + timedelta(hours=1)
MADE: PromiseMade = made()
"""Due in March 2026."""
OTHER = msgspec.structs.replace(MADE, promise_id="F-2/cn.fault-done/1")
EARLY = datetime(2026, 3, 5, 12, tzinfo=UTC)
PROMISES = told(Word(EARLY, "dispatch/1", one) for one in (MADE, said("kept"), OTHER))


def _judged(figure: float | None) -> list[Any]:
    rule = RuleRef(rule_id=RATE, policy_id="cn", policy_version="1")
    return [
        AggregateJudged(
            month=MONTH,
            rule=rule,
            number=1,
            verdict="kept",
            figure=figure,
            unit="percent",
            judged_at=JUDGED,
            reason="month-over",
        ),
        MonthJudged(month=MONTH, number=1, cases=2, digest="x", judged_at=JUDGED),
    ]


def _statement(number: int = 1, *, kept: int = 1, rate: float = 100.0) -> FulfilmentPublished:
    row = FulfilmentRow(rule=MADE.rule, made=2, kept=kept, broken=0, voided=0, corrected=0)
    return FulfilmentPublished(
        statement_id=f"{MONTH}/{number}",
        period=Period(start=OVER - timedelta(days=31), end=OVER),
        published_at=SOON,
        rows=(row,),
        month=MONTH,
        number=number,
        rate=rate,
    )


def test_what_the_logs_say_is_right() -> None:
    assert not [*misstated([*_judged(100.0), _statement()], PROMISES)]


@pytest.mark.parametrize(
    "spoken",
    [
        _judged(100.0),
        [*_judged(100.0), _statement(), _statement()],
        [*_judged(99.0), _statement()],
        [_judged(100.0)[0], _statement()],
        [*_judged(100.0), _statement(kept=2)],
        [*_judged(100.0), _statement(rate=50.0)],
    ],
    ids=["none", "twice", "another rate judged", "never judged", "another count", "another rate published"],
)
def test_what_they_do_not_say_is_found(spoken: list[Any]) -> None:
    assert len([*misstated(spoken, PROMISES)]) == 1


def test_what_is_asked_for_again_says_what_is_so_by_then() -> None:
    late = told([*(Word(EARLY, "dispatch/1", one) for one in (MADE, OTHER)), Word(SOON, "timer", said("kept"))])
    spoken = [*_judged(100.0), _statement(kept=0)]
    asked = SOON + timedelta(hours=1)
    assert not [*misstated(spoken, late, SOON)]
    assert len([*misstated(spoken, late, asked)]) == 1
    assert not [*misstated([*_judged(100.0), _statement()], late, asked)]


def _corrected(**more: Any) -> FulfilmentPublished:
    """A second statement, by which a promise more was kept."""
    words: dict[str, Any] = {"corrects": f"{MONTH}/1", "changes": (CHANGE,)} | more
    return msgspec.structs.replace(_statement(2, kept=2), **words)


CHANGE = StatementChange(rule_id=MADE.rule.rule_id, figure="kept", was=1.0, now=2.0)


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        (_corrected(), 0),
        (_corrected(corrects=None), 1),
        (_corrected(changes=()), 1),
        (_corrected(changes=(CHANGE, msgspec.structs.replace(CHANGE, figure="broken", now=0.0))), 1),
    ],
    ids=["right", "corrects nothing", "says nothing of what changed", "says too much"],
)
def test_a_statement_that_corrects_another_says_which_and_what_changed(second: Any, wrong: int) -> None:
    told_late = told([*(Word(EARLY, "dispatch/1", one) for one in (MADE, OTHER)), Word(SOON, "timer", said("kept"))])
    spoken = [_judged(100.0)[0], _judged(100.0)[1], _statement(), second]
    found = [line for line in misstated(spoken, told_late) if " corrects " in line]
    assert len(found) == wrong


def test_a_statement_need_not_know_what_was_said_of_a_promise_at_that_moment() -> None:
    late = told([Word(EARLY, "dispatch/1", MADE), Word(SOON, "timer", said("kept"))])
    assert not [*misstated([*_judged(100.0), _statement(kept=0)], late)]
