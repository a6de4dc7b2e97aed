"""How people call back who reported a fault, as a regime file says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from services.policy.duty import Anew, FollowupTimes, Unreached
from services.policy.written.table import Duration, Written, Wrong, given

_TRIES: Final = Meta(ge=1, le=10)


class Followups(Written):
    """How often, after how long, and whom again."""

    tries: Annotated[int, _TRIES] | UnsetType = UNSET
    again_after: Duration | UnsetType = UNSET
    same_call: Duration | UnsetType = UNSET
    reopened: Anew | UnsetType = UNSET
    unreached: Unreached | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """How often somebody calls is a whole number within bounds; whom again, and who counts, are words."""
        if key == "reopened":
            return f"{value!r} is not known", 'write "not-called" or "everybody"'
        if key == "unreached":
            return f"{value!r} is not known", 'write "called" or "not-called"'
        if key != "tries":
            return super().complaint(key, value)
        what = f"is not from {_TRIES.ge} to {_TRIES.le}" if type(value) is int else "is not a whole number"
        return f"{value!r} {what}", f"write {key} = {FollowupTimes().tries}"

    def times(self) -> FollowupTimes:
        """The times, with the product's own where none is given."""
        return FollowupTimes(**given(self))

    def __post_init__(self) -> None:
        """A call that is asked for again must not be taken for the one before.

        Raises:
            Wrong: it would be.

        """
        times = self.times()
        if times.again_after <= times.same_call or times.again_after < timedelta(minutes=1):
            raise Wrong("again_after", "it is no longer than same_call", 'write more than same_call, e.g. "4 hours"')
