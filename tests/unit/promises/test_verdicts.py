"""What may be said of a promise: each warning once, one verdict, and corrections only of a verdict that stands."""

from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.promises import (
    Promise,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseVoided,
    Verdict,
)
from services.promises import (
    TOO_LATE,
    PromiseRecord,
    after,
    explain,
    is_published,
    record_of,
    settle,
    void_open,
    warn,
)
from tests.kits.promises import DUE, START, Lives, made, said

VERDICTS: tuple[Verdict, ...] = ("kept", "broken", "voided")


def broken() -> PromiseRecord:
    record = after(record_of(made()), said("broken"))
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("verdict", "kind"), [("kept", PromiseKept), ("broken", PromiseBroken), ("voided", PromiseVoided)]
)
def test_the_first_verdict_repeats_what_was_promised(verdict: Verdict, kind: type[Promise]) -> None:
    (word,) = settle(record_of(made()), verdict, at=START, reason="looked", evidence=("/dispatch/7",))
    assert isinstance(word, kind)
    assert (word.promise_id, word.mrid, word.rule, word.due_at) == (
        made().promise_id,
        made().mrid,
        made().rule,
        made().due_at,
    )
    assert (word.at, word.reason, word.evidence) == (START, "looked", ("/dispatch/7",))


def test_a_second_verdict_is_a_correction_of_the_one_that_stands() -> None:
    (word,) = settle(broken(), "kept", at=DUE, reason="came-in-time")
    assert isinstance(word, PromiseCorrected)
    assert (word.was, word.now, word.at) == ("broken", "kept", DUE)


def test_a_verdict_that_stands_is_not_said_again() -> None:
    assert [*settle(broken(), "broken", at=DUE, reason="looked-again")] == []


def test_the_warning_is_dated_when_it_was_due_and_given_once() -> None:
    record = record_of(made())
    (word,) = warn(record, "deadline-near", DUE - timedelta(hours=4))
    assert (word.at, word.reason, word.number) == (DUE - timedelta(hours=4), "deadline-near", None)
    warned = after(record, word)
    assert warned is not None
    assert [*warn(warned, "deadline-near", DUE), *warn(broken(), "deadline-near", DUE)] == []


TWICE = (DUE - timedelta(hours=2),)
FIRST, LAST = DUE - timedelta(hours=4), DUE - timedelta(hours=2)


def test_a_promise_is_called_at_risk_as_often_as_it_said_and_each_word_says_which_it_is_and_what_is_left() -> None:
    record = record_of(made(warn_again_at=TWICE))
    assert record.warned_next_at == FIRST
    (first,) = warn(record, "deadline-near", FIRST)
    record = after(record, first) or record
    assert record.warned_next_at == LAST
    (last,) = warn(record, "deadline-near", LAST)
    record = after(record, last) or record
    assert [(one.at, one.number, one.of, one.seconds_left) for one in (first, last)] == [
        (FIRST, 1, 2, 4 * 3600),
        (LAST, 2, 2, 2 * 3600),
    ]
    assert (record.warned_next_at, [*warn(record, "deadline-near", DUE)]) == (None, [])


def test_two_warnings_whose_time_passed_while_nobody_worked_are_one_word() -> None:
    record = record_of(made(warn_again_at=TWICE))
    (word,) = warn(record, "deadline-near", LAST + timedelta(minutes=1))
    assert (word.at, word.number, is_published(word)) == (LAST, 2, True)
    assert (after(record, word) or record).warned_next_at is None


def test_past_the_deadline_nobody_is_warned_any_more() -> None:
    record = record_of(made(warn_again_at=TWICE))
    (word,) = warn(record, "deadline-near", DUE)
    assert (word.reason, is_published(word)) == (TOO_LATE, False)
    assert (after(record, word) or record).warned_next_at is None


def test_a_version_that_knows_of_one_warning_gives_it_without_its_number_and_the_next_is_the_second() -> None:
    record = after(record_of(made(warn_again_at=TWICE)), said("at-risk"))
    assert record is not None
    assert (record.warned, record.warned_next_at) == (1, LAST)


def test_a_promise_of_a_version_before_is_warned_of_once() -> None:
    record = record_of(made())
    (word,) = warn(record, "deadline-near", FIRST)
    assert (word.number, word.of, word.seconds_left) == (None, None, None)
    assert (after(record, word) or record).warned_next_at is None


def test_why_it_was_broken_stands_beside_the_verdict_and_the_same_words_are_not_said_again() -> None:
    (word,) = explain(broken(), why="road under water", by="chen", at=DUE)
    record = after(broken(), word)
    assert record is not None
    assert record.why is not None
    assert (record.standing, record.why.reason, record.why.by) == ("broken", "road under water", "chen")
    assert [*explain(record, why="road under water", by="chen", at=DUE)] == []
    (better,) = explain(record, why="bridge closed", by="chen", at=DUE)
    assert (after(record, better) or record).why is not None


def test_only_promises_without_a_verdict_are_voided_together() -> None:
    words = [*void_open([record_of(made()), broken()], at=DUE, reason="notice-withdrawn")]
    assert [type(word) for word in words] == [PromiseVoided]


def test_a_verdict_given_while_facts_were_waiting_says_so() -> None:
    (word,) = settle(record_of(made()), "broken", at=DUE, reason="deadline-passed", unproven=True)
    assert isinstance(word, PromiseBroken)
    assert word.unproven


def test_evidence_is_cited_once_and_fits_its_field() -> None:
    (word,) = settle(record_of(made()), "kept", at=DUE, reason="done", evidence=("a" * 300, "a" * 200, "b"))
    assert word.evidence == ("a" * 200, "b")


Step = tuple[Literal["warn", "void", "why"] | Verdict, bool, int]


@given(
    st.lists(
        st.tuples(st.sampled_from(["warn", "void", "why", *VERDICTS]), st.booleans(), st.integers(-300, 60)),
        max_size=12,
    ),
    st.lists(st.integers(1, 239), max_size=4, unique=True),
)
def test_whatever_is_asked_for_in_whatever_order_and_however_late_only_a_lawful_life_is_published(
    steps: list[Step], left: list[int]
) -> None:
    again = tuple(DUE - timedelta(minutes=minutes) for minutes in sorted(left, reverse=True))
    promise = made(warn_again_at=again)
    heard, record = Lives(), record_of(promise)
    heard.hear(promise)
    for step, unproven, minutes in steps:
        now = DUE + timedelta(minutes=minutes)
        if step == "warn":
            words: list[Promise] = [*warn(record, "deadline-near", now)]
            # None is late, none of what is settled, and no more than one at a time.
            assert not [word for word in words if is_published(word) and now >= DUE]
            assert len(words) == (record.warned_next_at is not None)
        elif step == "why":
            words = [*explain(record, why=f"at {minutes}", by="chen", at=now)]
        elif step == "void":
            words = [*void_open([record], at=DUE, reason="rule-withdrawn")]
        else:
            words = [*settle(record, step, at=DUE, reason="looked", unproven=unproven)]
        for word in words:
            heard.hear(word)
            record = after(record, word) or record
        if step in VERDICTS:
            assert record.standing == step
    assert heard.standing[record.promise_id] == record.standing
    assert heard.warned.get(record.promise_id, 0) == record.warned


def test_the_kit_that_judges_lives_knows_what_may_not_follow() -> None:
    unlawful: list[tuple[Promise, ...]] = [
        (said("kept"),),
        (made(), made()),
        (made(), said("kept"), said("kept")),
        (made(), said("kept"), said("voided")),
        (made(), said("kept"), said("at-risk")),
        (made(), said("at-risk"), said("at-risk")),
        (made(), said("corrected", was="kept", now="broken")),
        (made(), said("kept"), said("corrected", was="broken", now="kept")),
        (made(), said("kept"), said("corrected", was="kept", now="kept")),
        (made(), said("kept", due_at=START)),
    ]
    for *before, last in unlawful:
        heard = Lives()
        for word in before:
            heard.hear(word)
        with pytest.raises(AssertionError):
            heard.hear(last)
