"""A promise as a case: the words on it leave the same case in whatever order, and however often, they are heard."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.promises import Promise, PromiseCorrected, PromiseExplained
from services.promises import PromiseRecord, after
from services.restorer.domain.months.bounds import month_of
from services.restorer.domain.months.cases import PromiseCase, heard, standing_of
from tests.kits.promises import DUE, NAME, RULE, lives, made, said


def case_of(words: Sequence[tuple[Promise, str]]) -> PromiseCase:
    case: PromiseCase | None = None
    for word, name in words:
        case = heard(case, "restorer", word, name)
    assert case is not None
    return case


def named(words: Sequence[Promise]) -> list[tuple[Promise, str]]:
    return [(word, f"event-{number:02}") for number, word in enumerate(words)]


@given(lives(), st.randoms(use_true_random=False))
def test_words_heard_late_twice_or_backwards_leave_the_same_case(life: list[Promise], rng: random.Random) -> None:
    words = named(life)
    jumbled = [*words, *rng.choices(words, k=len(words))]
    rng.shuffle(jumbled)
    assert case_of(jumbled) == case_of(words)


@given(lives())
def test_a_case_stands_as_the_services_own_record_does_even_where_all_was_said_in_one_instant(
    life: list[Promise],
) -> None:
    record: PromiseRecord | None = None
    for word in life:
        record = after(record, word)
    assert record is not None
    stands = standing_of(case_of(named(life)).verdicts)
    assert (stands.standing, stands.unproven) == (record.standing, record.unproven)
    verdicts = [word for word in life[1:] if not hasattr(word, "at_risk_at")]
    corrections = [word for word in verdicts if isinstance(word, PromiseCorrected)]
    assert stands.corrected_from == (corrections[0].was if corrections else None)


def test_a_correction_is_believed_before_the_verdict_that_it_overturns_is_heard() -> None:
    late = said("corrected", was="broken", now="kept", reason="done-in-time", at=DUE + timedelta(hours=1))
    stands = standing_of(case_of(named([late])).verdicts)
    assert (stands.standing, stands.corrected_from, stands.reason) == ("kept", "broken", "done-in-time")


def test_what_only_its_making_says_comes_with_it() -> None:
    case = case_of(named([said("at-risk"), said("kept"), made(territories=("rural", "remote"))]))
    assert (case.obligation, case.territories, case.warned_at) == ("fault-done", ("remote", "rural"), DUE)
    assert standing_of(case.verdicts).standing == "kept"
    assert standing_of(()).standing == "open"


def test_a_deadline_falls_in_the_month_that_it_is_where_the_utility_is() -> None:
    eve = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
    assert month_of(eve, ZoneInfo("Asia/Shanghai")) == "2026-04"
    assert month_of(eve, ZoneInfo("Europe/London")) == "2026-03"


def test_why_it_was_broken_stands_beside_the_verdict_and_the_last_word_counts() -> None:
    about: dict[str, Any] = {"promise_id": NAME, "mrid": "F-1", "rule": RULE, "due_at": DUE}
    first = PromiseExplained(**about, at=DUE, by="li", reason="road closed")
    last = PromiseExplained(**about, at=DUE + timedelta(hours=1), by="li", reason="road closed by a landslide")
    words = named([made(), said("broken"), first, last])
    for heard_so in (words, [*reversed(words)]):
        case = case_of(heard_so)
        assert case.explained is not None
        assert (case.explained.reason, standing_of(case.verdicts).standing) == (last.reason, "broken")
