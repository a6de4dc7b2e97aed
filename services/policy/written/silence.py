"""The [settings.silence] of a regime file: by importance, or one figure for everybody."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from msgspec import UNSET, UnsetType

from services.policy.duty import SilenceTimes
from services.policy.written.table import Duration, Written, Wrong, given

LEAST = timedelta(minutes=1)


class SilenceAllowed(Written):
    """How long a customer without power may hear nothing. `everybody`: for each importance that is not named beside it."""

    everybody: Duration | UnsetType = UNSET
    life_support: Duration | UnsetType = UNSET
    special: Duration | UnsetType = UNSET
    first: Duration | UnsetType = UNSET
    second: Duration | UnsetType = UNSET
    temporary: Duration | UnsetType = UNSET

    def times(self) -> SilenceTimes:
        """The times, with the product's own where none is given."""
        written = given(self)
        everybody = written.pop("everybody", None)
        if everybody is None:
            return SilenceTimes(**written)
        return SilenceTimes(**{field.name: written.get(field.name, everybody) for field in fields(SilenceTimes)})

    def __post_init__(self) -> None:
        """A hospital does not hear nothing for longer than a shop, and nobody is silent at once.

        Raises:
            Wrong: it would be so.

        """
        least = LEAST
        for field, within in zip(fields(SilenceTimes), self.times().by_rank, strict=True):
            if within < LEAST:
                raise Wrong(field.name, "nobody can be told in no time", 'write "1 minute" or more')
            if within < least:
                raise Wrong(
                    field.name,
                    "it is shorter than what is more important has",
                    "write at least as much as the key before it",
                )
            least = within
