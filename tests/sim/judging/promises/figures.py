"""The figures by which versions of the rules differ, as a referee counts with them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """One version. `name`: what ends the version of its policy, empty for the first; `closures`: the utility's own days off."""

    name: str = ""
    closures: frozenset[date] = frozenset()
    crew_minutes: int = 45
    """Within so long a crew comes to a fault in town."""
    fault_hours: int = 24
    """Within so long a fault in the country is done."""
    key_days: int = 7
    """So many whole days before work begins, key customers know of it."""


STANDARD = Figures()
Under = Callable[[str, str, datetime], Figures]
"""By mRID, rule and the instant from which a promise is measured: by which figures it is judged."""


def by_standard(*_: object) -> Figures:
    """Where the rules never changed."""
    return STANDARD
