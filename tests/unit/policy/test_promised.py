"""By when customers are told, as the file says it, and what holds where it says nothing."""

import re
from datetime import timedelta
from pathlib import Path

from services.policy import load_policy, policy_path
from services.policy.promised import WORD_TIMES, AnswerTimes, WordTimes

MINUTE = timedelta(minutes=1)


def test_the_words_of_a_regime_that_says_nothing_are_due_as_the_products_own() -> None:
    assert (WORD_TIMES.first_word, WORD_TIMES.overdue_word, WORD_TIMES.restored_word) == (
        10 * MINUTE,
        15 * MINUTE,
        15 * MINUTE,
    )


def test_whose_life_power_keeps_waits_no_longer_than_anybody() -> None:
    times = WordTimes()
    life = times.answers_of("second", life_support=True)
    others = [times.answers_of(one, life_support=False) for one in ("special", "first", "second", "temporary")]
    assert all(life.receipt <= other.receipt and life.step <= other.step for other in others)
    assert all(not other.answer or timedelta(0) < life.answer <= other.answer for other in others)


def test_a_receipt_is_enough_of_those_whom_nobody_has_to_call() -> None:
    assert not AnswerTimes().answer
    assert not WordTimes().answers_of("temporary", life_support=False).answer


def test_a_file_says_the_times_of_some_importances_and_leaves_the_others(tmp_path: Path) -> None:
    shipped = policy_path("cn-service-standard").read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^(special|first|second|temporary) = .*\n", "", shipped)
    changed = changed.replace('receipt = "5 minutes"', 'receipt = "3 minutes"').replace(
        'first_word = "10 minutes"', 'first_word = "7 minutes"'
    )
    file = tmp_path / "own.toml"
    file.write_text(changed, encoding="utf-8")
    words = load_policy(file).settings.words
    assert (words.first_word, words.life_support.receipt) == (7 * MINUTE, 3 * MINUTE)
    assert words.special == WORD_TIMES.special


def test_the_shipped_file_says_what_the_product_would_say_itself() -> None:
    assert load_policy(policy_path("cn-service-standard")).settings.words == WORD_TIMES
