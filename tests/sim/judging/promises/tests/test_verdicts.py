"""Published verdicts are held against the facts: each way to be wrong is named, and nothing that is right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent, RuleRef
from schemas.contracts.dispatch import CauseCleared, Fact, OutageStarted, SupplyRestored
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from tests.chaos.truth import KnownFact
from tests.sim.judging.promises.owed import Owed
from tests.sim.judging.promises.verdicts import hasty, judge
from tests.sim.judging.words import Told, Word, told

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
DUE = ZERO + timedelta(hours=24)
RISK = DUE - timedelta(hours=4)
NOW = DUE + timedelta(hours=1)
SECOND = timedelta(seconds=1)
RULE = RuleRef(policy_id="p", policy_version="1", rule_id="r")
ABOUT: dict[str, Any] = {"promise_id": "A/r/1", "mrid": "A", "rule": RULE, "due_at": DUE}
BROKEN, KEPT = Owed("A", "r", DUE), Owed("A", "r", DUE, done=ZERO + timedelta(hours=3))


def word(at: datetime, said: Promise) -> Word:
    return Word(at, "x", said)


MADE = word(ZERO, PromiseMade(**ABOUT, measured_from=ZERO, at_risk_at=RISK, obligation="restore-supply"))
WARNED = word(RISK + SECOND, PromiseAtRisk(**ABOUT, at=RISK, reason="deadline-near"))


def broken(at: datetime = DUE + SECOND) -> Word:
    return word(at, PromiseBroken(**ABOUT, at=DUE, reason="deadline-passed"))


def kept(at: datetime) -> Word:
    return word(at, PromiseKept(**ABOUT, at=at, reason="done-in-time"))


def judged(*words: Word, owed: Owed, storm: datetime = ZERO, now: datetime = NOW) -> str:
    return "; ".join(judge(told(words), [owed], set(), [(ZERO, storm)], now))


def test_nothing_is_wrong_with_a_promise_that_was_warned_of_and_broken_or_kept() -> None:
    assert not judged(MADE, WARNED, broken(), owed=BROKEN)
    assert not judged(MADE, kept(ZERO + timedelta(hours=3)), owed=KEPT)
    assert not judged(MADE, owed=BROKEN, now=DUE - SECOND)


@pytest.mark.parametrize(
    ("words", "owed", "complaint"),
    [
        ((MADE, WARNED, broken()), KEPT, "is kept by the facts, and published as ['broken']"),
        ((MADE, kept(ZERO + timedelta(hours=3))), BROKEN, "is broken by the facts, and published as ['kept']"),
        ((MADE, WARNED), BROKEN, "has no verdict"),
        ((), BROKEN, "published as ['never made']"),
        ((MADE, broken()), BROKEN, "nobody was warned"),
        ((MADE, word(DUE, WARNED.said), broken()), BROKEN, "the warning of A/r/1"),
        ((MADE, word(ZERO, WARNED.said), broken()), BROKEN, "was called at risk at 05 00:00:00, due 05 20:00:00"),
        ((MADE, WARNED, broken(DUE - SECOND)), BROKEN, "before it was due"),
        ((MADE, WARNED, broken(NOW)), BROKEN, "long after"),
        ((MADE, WARNED, word(NOW, PromiseBroken(**ABOUT, at=NOW, reason="done-late"))), BROKEN, "long after"),
        ((MADE, kept(DUE + SECOND)), BROKEN, "after it was due"),
        ((MADE, kept(RISK), WARNED), KEPT, "at risk after its verdict"),
    ],
)
def test_each_way_to_be_wrong_is_named(words: tuple[Word, ...], owed: Owed, complaint: str) -> None:
    assert complaint in judged(*words, owed=owed)


AGAIN = DUE - timedelta(hours=1)
TWICE = word(
    ZERO, PromiseMade(**ABOUT, measured_from=ZERO, at_risk_at=RISK, warn_again_at=(AGAIN,), obligation="restore-supply")
)


def warned(number: int, at: datetime) -> Word:
    due = RISK if number == 1 else AGAIN
    return word(at, PromiseAtRisk(**ABOUT, at=due, reason="deadline-near", number=number, of=2, seconds_left=3600))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((warned(1, RISK + SECOND),), "nobody was warned 2, due"),
        ((warned(2, AGAIN + SECOND),), "the warning 1 of A/r/1"),
        ((warned(1, RISK + SECOND), warned(2, AGAIN - SECOND)), "was called at risk at 05 22:59:59, due 05 23:00:00"),
        ((warned(1, RISK + SECOND), warned(1, AGAIN + SECOND)), "called at risk again"),
        ((warned(1, RISK + SECOND), warned(2, DUE)), "when it was due"),
    ],
)
def test_each_warning_is_asked_for_once_and_in_its_time(words: tuple[Word, ...], complaint: str) -> None:
    assert complaint in judged(TWICE, *words, broken(), owed=BROKEN)


def test_two_warnings_given_in_their_time_are_nothing_to_complain_of() -> None:
    assert not judged(TWICE, warned(1, RISK + SECOND), warned(2, AGAIN + SECOND), broken(), owed=BROKEN)


def test_what_was_due_before_anybody_told_of_it_is_broken_as_soon_as_it_is_told() -> None:
    made, late = Word(NOW, MADE.cause, MADE.said), broken(NOW + SECOND)
    assert not judged(made, late, owed=BROKEN, now=NOW + timedelta(hours=1))
    assert "long after" in judged(made, broken(NOW + timedelta(hours=1)), owed=BROKEN, now=NOW + timedelta(hours=1))


def test_a_promise_that_no_fact_asks_for_may_be_voided_and_no_more() -> None:
    void = word(DUE, PromiseVoided(**ABOUT, at=DUE, reason="no-longer-applies"))
    assert not judge(told([MADE, void]), [], set(), [], NOW)
    assert "the facts do not say so" in "; ".join(judge(told([MADE, kept(ZERO)]), [], set(), [], NOW))


def test_a_verdict_that_was_corrected_stands_as_corrected() -> None:
    corrected = PromiseCorrected(**ABOUT, at=NOW, was="broken", now="kept", reason="done-in-time")
    assert not judged(MADE, WARNED, broken(), word(NOW, corrected), owed=KEPT)


def test_a_warning_is_not_asked_for_while_something_was_broken() -> None:
    assert not judged(MADE, broken(), owed=BROKEN, storm=DUE - SECOND)


def test_no_deadline_beats_a_fact_that_kafka_had_in_time() -> None:
    rule = RuleRef(policy_id="p", policy_version="1", rule_id="cn.restore.24h-2024")
    made = word(ZERO, PromiseMade(**ABOUT | {"rule": rule}, measured_from=ZERO, at_risk_at=RISK, obligation="x"))
    facts: list[Fact] = [
        OutageStarted(mrid="A", outage_class="fault", started_at=ZERO, extent=Extent(lines=("L",))),
        CauseCleared(mrid="A", cleared_at=ZERO),
    ]
    back = SupplyRestored(mrid="A", restored_at=DUE - SECOND)
    known = [KnownFact(ZERO, fact) for fact in facts]
    published = told([made, broken()])
    assert "though Kafka had the fact" in next(hasty(published, [*known, KnownFact(DUE, back)]))
    assert not [*hasty(published, [*known, KnownFact(DUE + SECOND, back)])]
    unproven = word(DUE, PromiseBroken(**ABOUT, at=DUE, reason="deadline-passed", unproven=True))
    assert not [*hasty(told([made, unproven]), [*known, KnownFact(DUE, back)])]


def test_promises_are_told_apart_by_their_names() -> None:
    other = PromiseMade(
        **ABOUT | {"promise_id": "A/r/2"}, measured_from=ZERO, at_risk_at=RISK, obligation="restore-supply"
    )
    assert [one.name for one in told([MADE, word(ZERO, other)])] == ["A/r/1", "A/r/2"]
    assert isinstance(told([MADE])[0], Told)
