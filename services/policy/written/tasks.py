"""The [settings.tasks] of a regime file: by when somebody has what people must do."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from services.policy.duty import TaskTimes
from services.policy.written.table import Duration, Written, Wrong, given

_DOUBLINGS: Final = Meta(ge=0, le=10)


class Duty(Written):
    """By when somebody has a task, by whom it concerns, and how long they have for it."""

    life_support: Duration | UnsetType = UNSET
    special: Duration | UnsetType = UNSET
    first: Duration | UnsetType = UNSET
    second: Duration | UnsetType = UNSET
    others: Duration | UnsetType = UNSET
    look: Duration | UnsetType = UNSET
    doublings: Annotated[int, _DOUBLINGS] | UnsetType = UNSET
    doing: Duration | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """How often a pause grows is a whole number within bounds."""
        if key != "doublings":
            return super().complaint(key, value)
        what = f"is not from 0 to {_DOUBLINGS.le}" if type(value) is int else "is not a whole number"
        return f"{value!r} {what}", f"write {key} = {TaskTimes().doublings}"

    def times(self) -> TaskTimes:
        """The times, with the product's own where none is given."""
        return TaskTimes(**given(self))

    def __post_init__(self) -> None:
        """A call that comes at once, again and again, is heeded by nobody; nor does a hospital wait for longer than a shop.

        Raises:
            Wrong: it would.

        """
        times = self.times()
        waits = dict(
            zip(("life_support", "special", "first", "second", "others", "look"), times.by_urgency, strict=True)
        )
        least = timedelta(0)
        for key, within in waits.items():
            if within < timedelta(minutes=1):
                raise Wrong(key, "nobody takes a task in no time", 'write "1 minute" or more')
            if within < least:
                raise Wrong(
                    key, "it is shorter than what is more urgent has", "write at least as much as the key before it"
                )
            least = within
        if times.doing < timedelta(minutes=1):
            raise Wrong("doing", "nobody does a task in no time", 'write "1 minute" or more')
