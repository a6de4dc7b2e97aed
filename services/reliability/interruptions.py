"""What is counted of one outage: its interruptions by restoration step, and what was said of when power comes back.

The restorer concludes it from the outage's facts (services/restorer/domain/figures) and shows it in the outage's view; its
tables `counted_outage` and `interruption` hold the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from schemas.contracts.base import OutageClass, Territory

KnownBy = Literal["network-model", "customersAffected", "not-known"]
"""How it is known how many customers had no power; not-known: nobody said it, so it cannot be said."""
NAMES_KEPT = 50
"""So many of an outage's lines and areas are kept: reports go by one, or say that there are several."""


class HeldByOther(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Customers who got power back under this outage and had none all the same: another outage held them."""

    mrid: str = field(name="mRID")
    customers: int | None = None
    """None: nobody can say how many."""
    since: datetime | None = None
    """When they lost power under this one."""
    until: datetime | None = None
    """When they got it back under the other; None: not yet."""
    known: bool = False
    """Whether that is known; else it may be any of the customers of either."""


class SupplyInterruption(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Customers who lost power at one instant and got it back at one: a restoration step (IEEE 1366-2012, 3.2)."""

    episode: int
    """Which time the power was off: a reopened outage has several, each an interruption of its own."""
    off_from: datetime
    off_until: datetime | None = None
    """None: power is off still."""
    customers: int | None = None
    known_by: KnownBy = "not-known"
    held: tuple[HeldByOther, ...] = ()
    """Of those who got power back at `off_until`, over all steps of that instant: who stayed out under another outage."""


class WordsOnTime(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was said of when power would be back, until it was."""

    first_known: datetime | None = None
    """The first word of the outage: its start or its first report."""
    first_said: datetime | None = None
    """When an expected time was said first."""
    moved: int = 0
    """How often a word said another time than the word before it, or that none is known any more."""
    last_ert: datetime | None = None
    """The expected time that stood when power came back."""
    restored: datetime | None = None
    """When the last customer got it back; None while power is off."""
    reported: datetime | None = None
    dispatched: datetime | None = None
    """The first word that a crew has the work, not before the first report."""


class OutageFigures(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """All that is counted of one outage. Of one that is withdrawn, merged or only predicted there are no interruptions."""

    outage_class: OutageClass | None = None
    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    territories: tuple[Territory, ...] = ()
    interruptions: Sequence[SupplyInterruption] = ()
    words: WordsOnTime = WordsOnTime()
