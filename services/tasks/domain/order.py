"""What people do first, by when, and what waits: the stated order of tasks. Pure.

Life support before hospitals before whoever has first importance, and so on; then what was brought up again; then the nearest due.
What somebody has comes last. In a storm what people can look through is bounded: beyond that, outages of one cause become one task.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from services.policy.duty import TASK_TIMES, TaskTimes
from services.tasks.domain.kinds import ONE_FOR_ALL

DOING_TIMES: Final = 6
"""Whoever took what may wait has so many times as long as it might wait, where that is more than what the policy gives at least."""
FIRST_CALLED: Final = 2
"""Life support and special importance."""
MOST_OWN: Final[Mapping[str, int]] = {"notifier": 36, "restorer": 24, "planner": 4}
"""By service, so many tasks are of one outage each. With the gathered ones, two of each kind, people see a hundred at most."""
FEW: Final = 4


class ListedTask(NamedTuple):
    """What of a task decides where it stands in the list."""

    urgency: int
    raised: int
    is_taken: bool
    due_at: datetime
    task_id: str


def rank(task: ListedTask) -> tuple[bool, int, bool, datetime, str]:
    """The place of a task in the list: the lowest first."""
    return (task.is_taken, task.urgency, not task.raised, task.due_at, task.task_id)


def take_by(urgency: int, now: datetime, raised: int = 0, times: TaskTimes = TASK_TIMES) -> datetime:
    """By when somebody should have it, opened or raised at `now`: each time twice as long, for a call nobody heeds is noise."""
    return now + times.within(urgency) * float(2 ** min(raised, times.doublings))


def do_by(urgency: int, now: datetime, times: TaskTimes = TASK_TIMES) -> datetime:
    """By when whoever takes it at `now` should have done it."""
    return now + max(times.doing, DOING_TIMES * times.within(urgency))


def concern_of(service: str, kind: str, about: str, urgency: int, standing: Collection[str]) -> str:
    """The concern whose task a new cause belongs to; `standing`: the concerns of all open tasks of the service.

    One for each kind and outage, while there are few; beyond that outages of one kind are one task, and those of life
    support and special importance one of their own, so that a long list of others does not hide them.
    """
    own = f"{service}/{kind}/{about}"
    few = sum(not is_gathered(one) for one in standing) < MOST_OWN.get(service, FEW)
    if own in standing or (few and kind not in ONE_FOR_ALL):
        return own
    return f"{service}/{kind}/{MANY}{'first' if urgency <= FIRST_CALLED else 'others'}"


MANY: Final = "*many-"
"""No mRID begins with an asterisk."""


def is_gathered(concern: str) -> bool:
    """Whether it is about many outages."""
    return concern.rpartition("/")[2].startswith(MANY)
