"""When a promise is called at risk: at the rule's own time, then at fractions of all the time there was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.warning_times import FRACTIONS_LEFT, warnings_at

SINCE = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REGIMES = sorted(path.stem for path in policy_path("gb").parent.glob("*.toml"))


def left(due: timedelta, fractions: tuple[float, ...] = FRACTIONS_LEFT, before: timedelta | None = None) -> list[float]:
    """Minutes left at each warning of a promise that runs for so long."""
    return [(SINCE + due - at) / MINUTE for at in warnings_at(SINCE, SINCE + due, fractions, before)]


def test_without_a_time_of_the_rules_own_it_is_half_of_the_time_and_the_last_tenth() -> None:
    assert left(60 * MINUTE) == [30, 6]


def test_the_rules_own_time_is_the_first_warning_and_of_the_fractions_those_follow_that_lie_after_it() -> None:
    assert left(45 * MINUTE, before=15 * MINUTE) == [15, 4.5]
    assert left(24 * 60 * MINUTE, before=240 * MINUTE) == [240, 144]
    assert left(60 * MINUTE, before=5 * MINUTE) == [5]


def test_a_warning_that_says_nothing_new_is_none() -> None:
    assert left(540 * MINUTE, before=60 * MINUTE) == [60], "an hour left, and six minutes later 54 minutes"
    assert left(24 * 60 * MINUTE, before=13 * 60 * MINUTE) == [13 * 60, 144]


def test_a_promise_with_less_time_than_its_warning_is_at_risk_from_the_start_and_warned_of_again() -> None:
    assert left(60 * MINUTE, before=240 * MINUTE) == [60, 30, 6]


def test_a_rule_that_wants_one_warning_only_says_so() -> None:
    assert left(60 * MINUTE, (), before=10 * MINUTE) == [10]
    assert left(60 * MINUTE, ()) == [0], "none before it is due"


minutes = st.integers(0, 5000).map(lambda n: n * MINUTE)


@given(minutes, st.lists(st.floats(0.01, 0.99), max_size=6), minutes)
def test_warnings_come_in_order_each_once_none_before_it_is_measured_and_but_for_the_first_none_when_it_is_due(
    due: timedelta, fractions: list[float], before: timedelta
) -> None:
    at = warnings_at(SINCE, SINCE + due, fractions, before)
    assert list(at) == sorted(set(at))
    assert all(SINCE <= one <= SINCE + due for one in at)
    assert all(one < SINCE + due for one in at[1:])
    if before:
        assert at[0] == max(SINCE, SINCE + due - before)


@pytest.mark.parametrize("regime", REGIMES)
def test_every_deadline_of_every_regime_is_warned_of_first_as_its_rule_says_and_once_more_near_its_end(
    regime: str,
) -> None:
    policy = load_policy(policy_path(regime))
    for rule in policy.rules.values():
        due = SINCE + max(timedelta(days=3), 2 * rule.at_risk_before)
        at = policy.warnings(rule, SINCE, due)
        if rule.at_risk_before:
            assert at[0] == due - rule.at_risk_before, rule.id
        assert 1 <= len(at) <= 3, rule.id
        assert at == policy.warnings(rule, SINCE, due, rule.at_risk_before)


def gb(folder: Path, *written: tuple[str, str]) -> Policy:
    """The British regime with parts written otherwise."""
    text = policy_path("gb").read_text(encoding="utf-8")
    for was, now in written:
        assert was in text
        text = text.replace(was, now, 1)
    (folder / "gb.toml").write_text(text, encoding="utf-8")
    return load_policy(folder / "gb.toml")


def test_when_a_promise_is_called_at_risk_is_the_policys_to_say_and_a_rules_own(tmp_path: Path) -> None:
    assert gb(tmp_path).settings.warnings == (0.5, 0.1)
    quarter = gb(tmp_path, ("[inside]", "[settings.warnings]\nfractions_left = [0.25]\n[inside]"))
    assert quarter.settings.warnings == quarter.settings.words.fractions_left == (0.25,)
    own = gb(tmp_path, ("[[rules]]", "[[rules]]\nfractions_left = []"))
    assert next(iter(own.rules.values())).fractions_left == ()


@pytest.mark.parametrize("written", ["[1.5]", "[0]", '["half"]', "0.5", "[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]"])
def test_fractions_that_are_none_do_not_load(tmp_path: Path, written: str) -> None:
    with pytest.raises(PolicyError, match=r"warnings: fractions_left: .* are not at most 6 fractions between 0 and 1"):
        gb(tmp_path, ("[inside]", f"[settings.warnings]\nfractions_left = {written}\n[inside]"))


def test_when_dispatch_is_asked_back_is_the_policys_to_say(tmp_path: Path) -> None:
    asking = gb(tmp_path).settings.asking
    assert (asking.still_off_after, asking.cleared_after) == (timedelta(hours=24), timedelta(hours=1))
    sooner = gb(tmp_path, ("[settings.budget]", 'still_off_after = "6 hours"\n\n[settings.budget]'))
    assert sooner.settings.asking.still_off_after == timedelta(hours=6)
