"""How far from its record a fact may lie and still be believed: figures with their defaults. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """The [settings.facts] of a regime file."""

    ahead: timedelta = timedelta(minutes=2)
    """A fact may claim to have happened so much after its record came: clocks differ by as much."""
    ahead_most: timedelta = timedelta(minutes=10)
    """Up to here a clock is taken to be fast: the fact counts as of its record. What lies beyond is held."""
    start_back: timedelta = timedelta(days=7)
    """A start, report or reopening may lie so far before its record."""
    ert_ahead: timedelta = timedelta(days=30)
    """An expected time may lie so far after its record and be told."""
    early: timedelta = timedelta(minutes=10)
    """A crew may have come, and a cause been cleared, so long before the first word of the outage: clocks again."""


FIGURES = Figures()
