"""Meters at fault: a matter of their own, and no outage."""

from typing import Annotated

from msgspec import Meta

from schemas.contracts.base import Instant, Name, Text
from schemas.contracts.facts.fact import FieldFact


class MeterFault(FieldFact, frozen=True, kw_only=True):
    """A meter is at fault: a matter of its own, of one usage point, and no outage. Until it is mended its readings say nothing."""

    usage_point: Annotated[Name, Meta(description="Usage point mRID, as registry and network model have it")]
    found_at: Instant
    reason: Text | None = None


class MeterMended(FieldFact, frozen=True, kw_only=True):
    """The meter of a meter fault is mended, or another is in its place."""

    mended_at: Instant
