"""By when somebody has a task, as the file says it, and what holds where it says nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifier.app import Notifier
from services.planner.app import Planner
from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.policy.duty import TASK_TIMES, TaskTimes
from services.restorer.app import Restorer
from tests.kits.deciders.notifier import VOICE

MINUTE = timedelta(minutes=1)
SHIPPED = policy_path("cn-service-standard").read_text(encoding="utf-8")
BEGINS, ENDS = SHIPPED.index("\n[settings.tasks]"), SHIPPED.index("\n[inside]")


def saying(folder: Path, *lines: str) -> Policy:
    """The shipped regime, with these lines as its [settings.tasks]."""
    file = folder / "own.toml"
    table = "\n".join(["\n[settings.tasks]", *lines, ""]) if lines else ""
    file.write_text(SHIPPED[:BEGINS] + table + SHIPPED[ENDS:], encoding="utf-8")
    return load_policy(file)


def test_the_shipped_file_says_what_the_product_would_say_itself(tmp_path: Path) -> None:
    assert load_policy(policy_path("cn-service-standard")).settings.tasks == TASK_TIMES
    assert saying(tmp_path).settings.tasks == TASK_TIMES


def test_a_file_says_some_times_and_leaves_the_others(tmp_path: Path) -> None:
    tasks = saying(tmp_path, 'special = "7 minutes"', "doublings = 0", 'doing = "20 minutes"').settings.tasks
    assert tasks == TaskTimes(special=7 * MINUTE, doublings=0, doing=20 * MINUTE)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('life_support = "0 minutes"', "life_support: nobody takes a task in no time"),
        ('doing = "10 seconds"', "doing: nobody does a task in no time"),
        ('special = "2 minutes"', "special: it is shorter than what is more urgent has"),
        ('others = "10 minutes"', "others: it is shorter than what is more urgent has"),
        ("doublings = 11", "doublings: 11 is not from 0 to 10"),
        ('doublings = "5"', "doublings: '5' is not a whole number"),
        ("special = 10", "special: 10 is not a time with its unit"),
        ('third = "10 minutes"', "third: is not known here"),
    ],
)
def test_times_that_would_raise_a_task_at_once_or_let_a_hospital_wait_for_a_shop_are_refused(
    tmp_path: Path, line: str, complaint: str
) -> None:
    with pytest.raises(PolicyError, match=complaint):
        saying(tmp_path, line)


def test_every_service_goes_by_them(tmp_path: Path) -> None:
    policy, calendar = saying(tmp_path, 'first = "11 minutes"'), WorkingCalendar()
    services = (
        Planner(policy, calendar),
        Restorer(policy, calendar),
        Notifier(VOICE, tasks=policy.settings.tasks),
    )
    tasks: list[Any] = [one.deciders["task"] for one in services]
    assert [one.times.first for one in tasks] == [11 * MINUTE] * 3
