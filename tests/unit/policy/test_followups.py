"""How reporters are called back, as the file says it, and what holds where it says nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.duty import FOLLOWUP_TIMES, FollowupTimes

SHIPPED = policy_path("cn-service-standard").read_text(encoding="utf-8")
BEGINS, ENDS = SHIPPED.index("\n[settings.followups]"), SHIPPED.index("\n[inside]")


def saying(folder: Path, *lines: str) -> Policy:
    """The shipped regime, with these lines as its [settings.followups]."""
    file = folder / "own.toml"
    table = "\n".join(["\n[settings.followups]", *lines, ""]) if lines else ""
    file.write_text(SHIPPED[:BEGINS] + table + SHIPPED[ENDS:], encoding="utf-8")
    return load_policy(file)


def test_the_shipped_file_says_what_the_product_would_say_itself(tmp_path: Path) -> None:
    assert load_policy(policy_path("cn-service-standard")).settings.followups == FOLLOWUP_TIMES
    assert saying(tmp_path).settings.followups == FOLLOWUP_TIMES


def test_a_file_says_some_and_leaves_the_others(tmp_path: Path) -> None:
    found = saying(tmp_path, "tries = 2", 'again_after = "1 day"', 'reopened = "everybody"').settings.followups
    assert found == FollowupTimes(tries=2, again_after=timedelta(days=1), reopened="everybody")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("tries = 0", "tries: 0 is not from 1 to 10"),
        ('tries = "3"', "tries: '3' is not a whole number"),
        ('again_after = "15 minutes"', "again_after: it is no longer than same_call"),
        ('same_call = "5 hours"', "again_after: it is no longer than same_call"),
        ('reopened = "nobody"', "reopened: 'nobody' is not known"),
        ('unreached = "perhaps"', "unreached: 'perhaps' is not known"),
        ("again_after = 4", "again_after: 4 is not a time with its unit"),
    ],
)
def test_what_would_ask_for_ever_or_count_one_call_twice_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        saying(tmp_path, line)
