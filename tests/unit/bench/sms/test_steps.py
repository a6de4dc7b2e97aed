"""Where the time of a text goes adds up, and what waits by rule is no queue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bench.sms.steps import SETTLING, STEPS, PostedText, by_step, spread, stretches, table

BEGAN = datetime(2026, 3, 5, 9, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """So long after the storm began."""
    return BEGAN + timedelta(seconds=seconds)


def news(*, known: float = 0.0, asked: float = 2.0, may_go: float = 2.0, posted: float = 40.0) -> PostedText:
    """A text that power is off, told of by a fan-out."""
    return PostedText(
        "key",
        "fault",
        after(known),
        after(known),
        after(asked),
        after(asked),
        after(may_go),
        after(posted),
        after(posted),
    )


def test_the_steps_of_a_text_are_the_whole_way_from_the_fact_to_the_post() -> None:
    text = replace(news(known=0, asked=2, may_go=32, posted=35), decided_at=after(1), claimed_at=after(34))
    assert text.steps() == {"decided": 1, "told": 1, "asked": 0, "rule": 30, "claimed": 2, "posted": 1}
    assert text.ready_at == after(32)


def test_a_text_that_a_timer_asked_for_has_no_steps_before_that() -> None:
    text = replace(news(known=10, asked=12, may_go=17, posted=18), trigger="restored", decided_at=None, told_at=None)
    assert text.steps() == {"decided": 0, "told": 0, "asked": 2, "rule": 5, "claimed": 1, "posted": 0}
    assert text.kind == "key, back"


@given(st.lists(st.floats(0, 1e4), min_size=9, max_size=9))
def test_no_step_is_negative_however_the_instants_lie(seconds: list[float]) -> None:
    text = PostedText("key", "fault", *map(after, seconds[:7]))
    assert set(text.steps()) == set(STEPS)
    assert min(text.steps().values()) >= 0


def test_time_in_which_all_texts_wait_by_rule_is_told_apart_from_time_in_which_some_might_go() -> None:
    texts = [news(asked=2, may_go=32, posted=35), news(asked=40, may_go=40, posted=41)]
    assert stretches(texts, [], BEGAN, after(50)) == {"sending": 4, "rule": 30, "nothing": 16}


def test_a_text_that_a_newer_one_took_the_place_of_waited_by_rule_too() -> None:
    assert stretches([news(asked=10, may_go=10, posted=11)], [(after(2), after(10))], BEGAN, after(11)) == {
        "sending": 1,
        "rule": 8,
        "nothing": 2,
    }


def test_an_end_waits_by_rule_while_it_settles() -> None:
    known = SETTLING.total_seconds() + 5
    text = replace(news(known=known, asked=known, may_go=known, posted=known + 1), trigger="restored")
    assert stretches([text], [], BEGAN, after(known + 1)) == {
        "sending": 1,
        "rule": SETTLING.total_seconds(),
        "nothing": 5,
    }


def test_the_spread_names_the_middle_the_ninety_ninth_of_a_hundred_and_the_longest() -> None:
    assert spread([float(n) for n in range(1, 201)]) == {"texts": 200, "p50": 100.0, "p99": 198.0, "longest": 200.0}


def test_the_table_has_a_line_for_each_lane_and_what_it_says() -> None:
    lines = table(by_step([news(), replace(news(), lane="critical")]))
    assert [line.split(",")[0] for line in lines[1:]] == ["critical", "key"]
    assert all(name in lines[0] for name in STEPS)
