"""The table [settings.reliability] of a regime file: how figures of supply are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from services.policy.model import ReliabilityPolicy
from services.policy.written.table import Duration, Written, Wrong, given

_SERVED: Final = Meta(ge=0, le=100_000_000)


class Reliability(Written):
    """How figures of supply are made."""

    sustained: Duration | UnsetType = UNSET
    customers_served: Annotated[int, _SERVED] | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """How many customers is a whole number."""
        if key != "customers_served":
            return super().complaint(key, value)
        what = f"is not from 0 to {_SERVED.le}" if type(value) is int else "is not a whole number"
        return f"{value!r} {what}", f"write {key} = 120000, or 0 where only the network model says it"

    def policy(self) -> ReliabilityPolicy:
        """The figures, with the product's own where none is given."""
        return ReliabilityPolicy(**given(self))

    def __post_init__(self) -> None:
        """Where nothing is too short to be sustained, nothing is momentary.

        Raises:
            Wrong: it is so.

        """
        if self.policy().sustained <= timedelta(0):
            raise Wrong("sustained", "no interruption is as short", 'write "5 minutes" (IEEE Std 1366)')
