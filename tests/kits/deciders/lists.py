"""What a polled list says of an outage, as facts."""

from datetime import datetime

from schemas.contracts import dispatch


def perhaps_back(when: datetime, mrid: str = "F1") -> dispatch.SupplyPerhapsRestored:
    """The list lacks it."""
    return dispatch.SupplyPerhapsRestored(mrid=mrid, missing_at=when)


def listed_again(when: datetime, mrid: str = "F1") -> dispatch.OutageListedAgain:
    """The list names it again."""
    return dispatch.OutageListedAgain(mrid=mrid, listed_at=when)
