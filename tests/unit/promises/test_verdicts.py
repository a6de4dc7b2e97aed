"""What may be said of a promise: one warning, one verdict, and corrections only of a verdict that stands."""

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
from services.promises import PromiseRecord, after, record_of, settle, void_open, warn
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
    (word,) = warn(record, "deadline-near")
    assert (word.at, word.reason) == (DUE - timedelta(hours=4), "deadline-near")
    warned = after(record, word)
    assert warned is not None
    assert [*warn(warned, "deadline-near"), *warn(broken(), "deadline-near")] == []


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


Step = tuple[Literal["warn", "void"] | Verdict, bool]


@given(st.lists(st.tuples(st.sampled_from(["warn", "void", *VERDICTS]), st.booleans()), max_size=12))
def test_whatever_is_asked_for_in_whatever_order_only_a_lawful_life_is_published(steps: list[Step]) -> None:
    heard, record = Lives(), record_of(made())
    heard.hear(made())
    for step, unproven in steps:
        if step == "warn":
            words: list[Promise] = [*warn(record, "deadline-near")]
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
    assert (record.promise_id in heard.warned) == record.at_risk


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
