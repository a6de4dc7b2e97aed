"""What a service said of its promises, read in order: one warning, one verdict, and corrections of the verdict that stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
)
from tests.sim.judging.promises.verdicts import judge
from tests.sim.judging.words import Word, told

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
RULE = RuleRef(policy_id="p", policy_version="1", rule_id="r")
ABOUT: dict[str, Any] = {"promise_id": "A/r/1", "mrid": "A", "rule": RULE, "due_at": ZERO + timedelta(hours=2)}
MADE = PromiseMade(**ABOUT, measured_from=ZERO, at_risk_at=ZERO + timedelta(hours=1), obligation="restore-supply")
WARNED = PromiseAtRisk(**ABOUT, at=ZERO, reason="deadline-near")
KEPT = PromiseKept(**ABOUT, at=ZERO, reason="done-in-time")
BROKEN = PromiseBroken(**ABOUT, at=ZERO, reason="deadline-passed")


def corrected(was: Any, now: Any) -> PromiseCorrected:
    return PromiseCorrected(**ABOUT, at=ZERO, was=was, now=now, reason="off-again")


def words(*said: Promise) -> list[Word]:
    return [Word(ZERO + timedelta(seconds=number), "x", one) for number, one in enumerate(said)]


def again(*said: Promise) -> list[str]:
    (one,) = told(words(*said))
    return one.again


def test_a_promise_is_warned_of_once_judged_once_and_corrected_as_often_as_need_be() -> None:
    (one,) = told(words(MADE, WARNED, KEPT, corrected("kept", "broken"), corrected("broken", "kept")))
    assert (one.name, one.standing, one.again) == ("A/r/1", "kept", [])
    assert one.first is not None
    assert one.first.said is KEPT


def test_what_is_said_twice_is_named() -> None:
    assert again(MADE, MADE, KEPT) == ["made"]
    assert again(MADE, WARNED, WARNED) == ["called at risk"]
    assert again(MADE, KEPT, BROKEN) == ["judged"]
    judged = judge(told(words(MADE, KEPT, KEPT)), [], {"A"}, [], ZERO)
    assert "promise A/r/1 was judged again" in judged


def test_only_the_verdict_that_stands_is_corrected() -> None:
    assert again(MADE, corrected("broken", "kept")) == ["corrected from broken, and stood as open,"]
    assert again(MADE, KEPT, corrected("broken", "voided")) == ["corrected from broken, and stood as kept,"]


def test_nothing_is_said_of_a_promise_that_was_never_made() -> None:
    with pytest.raises(KeyError, match="A/r/1"):
        told(words(KEPT))


def test_the_first_verdict_is_the_one_that_came_in_time_or_not() -> None:
    (one,) = told(words(MADE, BROKEN, corrected("broken", "kept")))
    assert one.first is not None
    assert (one.first.at, one.standing) == (ZERO + timedelta(seconds=1), "kept")
