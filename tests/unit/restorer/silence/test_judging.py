"""A silence is nothing to say, held, or forgotten: by what was said, whatever the notifier believes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.restorer.domain.silence.customers import OffOutage
from services.restorer.domain.silence.judging import HELD_BACK, CustomerHeard, OwedWord, Silence, WatchedText, judge

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def text(
    asked: float, taken: float | None = None, dropped: tuple[float, str] | None = None, **more: Any
) -> WatchedText:
    given: dict[str, Any] = {"mrids": frozenset({"F1"}), "trigger": "fault", "not_before": ago(asked), **more}
    ended = (ago(dropped[0]), dropped[1]) if dropped is not None else (None, None)
    return WatchedText(
        given["mrids"],
        given["trigger"],
        ago(asked),
        given["not_before"],
        ago(taken) if taken is not None else None,
        *ended,
    )


def heard(*texts: WatchedText, off: float = 60, **more: Any) -> CustomerHeard:
    return CustomerHeard((OffOutage("F1", ago(off)),), texts, **more)


def said(known: CustomerHeard, now: datetime = NOW) -> tuple[str, str] | None:
    found = judge(known, HALF_AN_HOUR, now)
    return None if found is None else (found.state, found.reason)


def owed(obligation: str, minutes: float, standing: str = "open") -> list[OwedWord]:
    return [OwedWord(obligation, ago(minutes), standing)]


def test_before_the_policys_time_is_over_nobody_is_silent() -> None:
    assert said(heard(off=29)) is None
    assert said(heard(off=30)) == ("forgotten", "never-asked")


def test_whose_power_is_on_is_not_silent() -> None:
    assert judge(CustomerHeard(()), HALF_AN_HOUR, NOW) is None


def test_a_word_that_a_provider_took_begins_the_time_anew_and_one_that_was_dropped_does_not() -> None:
    assert said(heard(text(25, taken=20))) is None
    assert said(heard(text(45, taken=40))) == ("forgotten", "not-asked-since")
    assert said(heard(text(25, dropped=(20, "text-expired")))) == ("forgotten", "dropped: text-expired")


def test_a_notice_of_other_work_is_no_word_on_power_that_is_off() -> None:
    assert said(heard(text(10, taken=9, mrids=frozenset({"P7"}), trigger="planned-notice"))) == (
        "forgotten",
        "never-asked",
    )


@pytest.mark.parametrize("reason", sorted(HELD_BACK))
def test_what_is_dropped_though_there_is_something_to_say_is_held(reason: str) -> None:
    assert said(heard(text(25, dropped=(20, reason)))) == ("held", f"dropped: {reason}")


@pytest.mark.parametrize(
    ("known", "state", "reason"),
    [
        (heard(text(20)), "held", "text-waits"),
        (heard(text(20, not_before=NOW + HALF_AN_HOUR)), "nothing-to-say", "waits-for-its-time"),
        (heard(owed=owed("next-word", -10)), "nothing-to-say", "next-word-promised"),
        (heard(owed=owed("next-word", 10)), "held", "next-word-late"),
        (heard(owed=owed("first-word", 50, "broken")), "held", "first-word-late"),
        (heard(owed=owed("customer-answers", -10)), "forgotten", "never-asked"),
        (heard(noticed_until=NOW + HALF_AN_HOUR), "nothing-to-say", "as-noticed"),
        (heard(unreached=(ago(50), "no-contact")), "held", "unreached: no-contact"),
        (heard(unreached=(ago(90), "no-contact")), "forgotten", "never-asked"),
        (heard(in_doubt="perhaps-restored"), "held", "perhaps-restored"),
        (heard(text(45, taken=40), is_partly=True), "nothing-to-say", "one-supply-is-left"),
        (heard(is_partly=True), "forgotten", "never-asked"),
    ],
)
def test_which_of_the_three_it_is_and_why(known: CustomerHeard, state: str, reason: str) -> None:
    assert said(known) == (state, reason)


def test_whoever_said_that_they_know_was_heard_of_then() -> None:
    assert said(heard(confirmed_at=ago(10))) is None


def test_a_promise_that_was_broken_before_the_last_word_is_made_good() -> None:
    assert said(heard(text(45, taken=40), owed=owed("first-word", 50, "broken"))) == ("forgotten", "not-asked-since")


TEXTS = st.builds(
    text,
    asked=st.floats(0, 200),
    taken=st.none() | st.floats(0, 200),
    dropped=st.none()
    | st.tuples(st.floats(0, 200), st.sampled_from([*sorted(HELD_BACK), "superseded", "text-expired"])),
    trigger=st.sampled_from(["fault", "planned-notice", "ert-changed"]),
)
OWED = st.lists(
    st.builds(
        OwedWord,
        st.sampled_from(["first-word", "next-word", "restored-word", "customer-answers"]),
        st.floats(-100, 100).map(ago),
        st.sampled_from(["open", "broken"]),
    ),
    max_size=4,
)
KNOWN = st.builds(
    lambda texts, **more: heard(*texts, **more),
    texts=st.lists(TEXTS, max_size=4),
    off=st.floats(0, 200),
    owed=OWED,
    confirmed_at=st.none() | st.floats(0, 200).map(ago),
    noticed_until=st.none() | st.floats(-100, 100).map(ago),
    is_partly=st.booleans(),
)


@given(KNOWN)
def test_nobody_is_forgotten_while_a_text_waits_or_a_word_is_promised(known: CustomerHeard) -> None:
    found = judge(known, HALF_AN_HOUR, NOW)
    waits = any(one.is_waiting for one in known.texts)
    ahead = any(one.standing == "open" and one.due_at > NOW and one.obligation.endswith("-word") for one in known.owed)
    if waits or ahead:
        assert found is None or found.state != "forgotten"


@given(KNOWN, st.floats(0, 600))
def test_a_silence_lasts_until_a_word_comes(known: CustomerHeard, minutes: float) -> None:
    found = judge(known, HALF_AN_HOUR, NOW)
    later = judge(known, HALF_AN_HOUR, NOW + timedelta(minutes=minutes))
    if found is not None and (known.noticed_until is None or known.noticed_until <= NOW):
        assert isinstance(later, Silence)
        assert later.since == found.since


@given(KNOWN, st.permutations(range(4)))
def test_the_order_in_which_words_are_read_says_nothing(known: CustomerHeard, order: list[int]) -> None:
    texts = [known.texts[place] for place in order if place < len(known.texts)]
    other = CustomerHeard(
        known.holders,
        texts,
        list(reversed(known.owed)),
        known.confirmed_at,
        known.noticed_until,
        is_partly=known.is_partly,
    )
    assert judge(other, HALF_AN_HOUR, NOW) == judge(known, HALF_AN_HOUR, NOW)
