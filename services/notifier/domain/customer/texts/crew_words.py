"""Say where the crew is, of all outages that hold a customer. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import CrewStatusKind

_ON_THE_WAY: Final[Mapping[CrewStatusKind, int]] = {"assigned": 1, "enroute": 2, "arrived": 3}


def crew_of(lead: CustomerTouched, outages: Sequence[CustomerTouched]) -> CrewStatusKind | None:
    """The crew of the outage that gives the words; where none was sent there, how far that of another one has come.

    That the work on site is done is said of the one outage alone: of another it helps nobody.
    """
    own = lead.crew_status
    if own is not None and own != "awaitingCrewAssignment":
        return own
    found = [status for one in outages if (status := one.crew_status) is not None and status in _ON_THE_WAY]
    return max(found, key=lambda status: _ON_THE_WAY[status], default=own)
