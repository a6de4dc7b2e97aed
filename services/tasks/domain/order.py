"""What people do first, by when, and what waits: the stated order of tasks. Pure.

Life support before hospitals before whoever has first importance, and so on; then what was brought up again; then the nearest due.
What somebody has comes last. In a storm what people can look through is bounded: beyond that, outages of one cause become one task.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.tasks.domain.kinds import ONE_FOR_ALL

TAKE_WITHIN: Final[Mapping[int, timedelta]] = {
    1: timedelta(minutes=5),
    2: timedelta(minutes=10),
    3: timedelta(minutes=15),
    4: timedelta(minutes=30),
    5: timedelta(minutes=60),
    6: timedelta(hours=4),
}
"""By urgency (schemas/contracts/duty/tasks.py), how soon somebody should have it."""
LAST: Final = max(TAKE_WITHIN)
DO_WITHIN: Final = timedelta(hours=1)
"""How long whoever took it has for it, at least; of what may wait for longer six times that which it may wait."""
MOST_DOUBLINGS: Final = 5
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


def take_by(urgency: int, now: datetime, raised: int = 0) -> datetime:
    """By when somebody should have it, opened or raised at `now`: each time twice as long, for a call nobody heeds is noise."""
    within = TAKE_WITHIN.get(urgency, TAKE_WITHIN[LAST])
    return now + within * float(2 ** min(raised, MOST_DOUBLINGS))


def do_by(urgency: int, now: datetime) -> datetime:
    """By when whoever takes it at `now` should have done it."""
    return now + max(DO_WITHIN, 6 * TAKE_WITHIN.get(urgency, TAKE_WITHIN[LAST]))


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
