"""The referee of rules that change: under which a promise was made, and where its deadline lies once all was reviewed."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseBroken, PromiseMade, PromiseVoided
from tests.sim.judging.promises.figures import STANDARD, Figures
from tests.sim.judging.promises.noticed import KEY
from tests.sim.judging.promises.owed import Owed, working_days
from tests.sim.judging.promises.ruled import History, Version, misruled
from tests.sim.judging.words import Word, told

ZERO = datetime(2026, 3, 5, tzinfo=UTC)  # A Thursday, eight in the morning in Shanghai.
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
CHANGED, REVIEWED, LATER = ZERO + 2 * HOUR, ZERO + 3 * HOUR, ZERO + 4 * HOUR
FRIDAY, MONDAY = ZERO + timedelta(days=1), ZERO + timedelta(days=4)
OLD = Version(STANDARD, "1", "c1", ZERO - HOUR)
NEW = Version(Figures("2", frozenset({date(2026, 3, 6)})), "1-2", "c2", CHANGED, {"restorer": REVIEWED})
TODAY = [Owed("A", "r", MONDAY)]


def history() -> History:
    began = [("restorer", "restorer", ZERO - HOUR, OLD), ("restorer", "restorer", CHANGED + HOUR / 2, NEW)]
    return History([OLD, NEW], [("planner", "planner", ZERO - HOUR, OLD), *began])


def about(version: Version, due: datetime, count: str = "", rule: str = "r") -> dict[str, Any]:
    cites = RuleRef(
        policy_id="p", policy_version=version.policy, rule_id=rule, calendar_version=version.calendar
    )  # fmt: skip
    return {"promise_id": f"A/{rule}/1{count}", "mrid": "A", "rule": cites, "due_at": due}


def made(at: datetime, version: Version, due: datetime, count: str = "", rule: str = "r") -> Word:
    said = PromiseMade(
        **about(version, due, count, rule), measured_from=ZERO, at_risk_at=due - HOUR, obligation="restore-supply"
    )
    return Word(at, "x", said)


def ended(at: datetime, version: Version, due: datetime, reason: str = "calendar-changed") -> Word:
    return Word(at, "x", PromiseVoided(**about(version, due), at=at, reason=reason))


def broken(at: datetime, version: Version, due: datetime) -> Word:
    return Word(at, "x", PromiseBroken(**about(version, due), at=due, reason="deadline-passed"))


def found(
    *words: Word,
    service: str = "restorer",
    unsure: Collection[str] = (),
    today: Sequence[Owed] = TODAY,
    beyond: str = "",
) -> str:
    def sure(whose: str, _: datetime) -> bool:
        return whose not in unsure

    return "; ".join(misruled(service, told(words), history(), (today, {beyond}), sure, REVIEWED))


MADE, ENDED = made(ZERO, OLD, FRIDAY), ended(REVIEWED, OLD, FRIDAY)
AGAIN = made(REVIEWED, NEW, MONDAY, ".2")


def test_an_open_deadline_moves_and_a_verdict_of_before_stays() -> None:
    assert not found(MADE, ENDED, AGAIN)
    assert not found(MADE, broken(REVIEWED, OLD, FRIDAY))
    assert not found(MADE, today=[Owed("A", "r", FRIDAY)])
    assert not found(MADE, beyond="A")
    assert not found(MADE, ended(LATER, OLD, FRIDAY, "deadline-recomputed"))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((MADE,), "was open when all was reviewed"),
        ((MADE, broken(LATER, OLD, FRIDAY)), "was open when all was reviewed"),
        ((MADE, ENDED), "none has its place"),
        ((MADE, ENDED, made(REVIEWED, NEW, FRIDAY, ".2")), "its deadline did not move"),
        ((made(LATER, OLD, MONDAY),), "not in force then"),
        ((made(ZERO, NEW, MONDAY),), "not in force then"),
        ((made(ZERO, Version(STANDARD, "9", "c1", ZERO), MONDAY),), "under rules that never were"),
    ],
)
def test_each_way_to_be_wrong_is_named(words: Sequence[Word], why: str) -> None:
    assert why in found(*words)


def test_between_the_change_and_its_next_start_a_service_decides_by_the_old_rules_and_a_review_by_the_new() -> None:
    assert not found(made(CHANGED + SECOND, OLD, FRIDAY), ENDED, AGAIN)
    assert not found(made(CHANGED + SECOND, NEW, MONDAY))


def test_by_a_wrong_clock_nothing_is_dated() -> None:
    assert not found(made(LATER, OLD, MONDAY), unsure=["restorer"])


def test_what_the_planner_counts_is_promised_when_its_word_comes() -> None:
    today = [Owed("A", KEY, MONDAY)]
    moved = [made(ZERO, OLD, FRIDAY, rule=KEY), made(LATER, NEW, MONDAY, ".2", rule=KEY)]
    assert not found(*moved, service="notifier", today=today)
    early = made(CHANGED - SECOND, NEW, MONDAY, rule=KEY)
    assert "not in force then" in found(early, service="notifier", today=today)
    assert not found(early, service="notifier", today=today, unsure=["notifier"]), "by its wrong clock it was before"


def test_the_last_promise_of_a_case_says_by_which_figures_it_is_judged() -> None:
    said: list[Word] = [MADE, ENDED, AGAIN]
    assert history().under(told(said[:1]))("A", "r", ZERO) == STANDARD
    assert history().under(told(said))("A", "r", ZERO) == NEW.figures
    assert history().under([])("A", "r", ZERO) == NEW.figures


def test_a_day_off_of_the_utility_is_no_working_day() -> None:
    assert working_days(ZERO, 1) == FRIDAY
    assert working_days(ZERO, 1, NEW.figures.closures) == MONDAY
