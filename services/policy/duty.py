"""By when somebody has a task, and how long they have for it. Pure.

The [settings.tasks] of a regime file.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """So soon a task is taken, by whom it concerns; then it is raised again, each time after twice as long."""

    life_support: timedelta = 5 * MINUTE
    special: timedelta = 10 * MINUTE
    first: timedelta = 15 * MINUTE
    second: timedelta = 30 * MINUTE
    others: timedelta = 60 * MINUTE
    look: timedelta = 240 * MINUTE
    """What need only be looked at."""
    doublings: int = 5
    """After so many times the pause grows no more; 0: it never does."""
    doing: timedelta = 60 * MINUTE
    """Whoever took it has so long for it, at least; then anybody may take it over."""

    @property
    def by_urgency(self) -> tuple[timedelta, ...]:
        """From the most urgent on (schemas/contracts/duty/tasks.py: 1 to 6)."""
        return (self.life_support, self.special, self.first, self.second, self.others, self.look)

    def within(self, urgency: int) -> timedelta:
        """How soon somebody has a task of this urgency; one that nobody knows is only looked at."""
        known = self.by_urgency
        return known[urgency - 1] if 1 <= urgency <= len(known) else self.look


TASK_TIMES: Final = TaskTimes()
"""The product's own, where a regime says nothing."""
