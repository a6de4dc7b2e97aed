"""How long a customer may hear nothing, as the file says it, and what holds where it says nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.duty import SILENCE_TIMES, SilenceTimes, rank_of

MINUTE = timedelta(minutes=1)
SHIPPED = policy_path("cn-service-standard").read_text(encoding="utf-8")
BEGINS, ENDS = SHIPPED.index("\n[settings.silence]"), SHIPPED.index("\n[settings.tasks]")


def saying(folder: Path, *lines: str) -> Policy:
    """The shipped regime, with these lines as its [settings.silence]."""
    file = folder / "own.toml"
    table = "\n".join(["\n[settings.silence]", *lines, ""]) if lines else ""
    file.write_text(SHIPPED[:BEGINS] + table + SHIPPED[ENDS:], encoding="utf-8")
    return load_policy(file)


def test_the_shipped_file_says_what_the_product_would_say_itself(tmp_path: Path) -> None:
    assert load_policy(policy_path("cn-service-standard")).settings.silence == SILENCE_TIMES
    assert saying(tmp_path).settings.silence == SILENCE_TIMES


def test_a_file_says_one_figure_for_all_and_another_for_some(tmp_path: Path) -> None:
    silence = saying(tmp_path, 'everybody = "45 minutes"', 'life_support = "10 minutes"').settings.silence
    assert silence == SilenceTimes(10 * MINUTE, *(45 * MINUTE,) * 4)


def test_a_file_says_some_and_leaves_the_others(tmp_path: Path) -> None:
    assert saying(tmp_path, 'second = "90 minutes"').settings.silence == SilenceTimes(second=90 * MINUTE)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (('life_support = "0 minutes"',), "life_support: nobody can be told in no time"),
        (('everybody = "10 seconds"',), "life_support: nobody can be told in no time"),
        (('special = "10 minutes"',), "special: it is shorter than what is more important has"),
        (('everybody = "15 minutes"', 'special = "20 minutes"'), "first: it is shorter"),
        (("special = 10",), "special: 10 is not a time with its unit"),
        (('public = "10 minutes"',), "public: is not known here"),
    ],
)
def test_times_that_nobody_can_keep_or_that_let_a_hospital_wait_for_a_shop_are_refused(
    tmp_path: Path, lines: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(PolicyError, match=complaint):
        saying(tmp_path, *lines)


def test_whose_life_power_keeps_comes_before_any_importance() -> None:
    assert SILENCE_TIMES.of(rank_of("temporary", life_support=True)) == 20 * MINUTE
    assert SILENCE_TIMES.of(rank_of("special", life_support=False)) == 30 * MINUTE
