"""outage.meters (compacted): what the metering system reads, whether there is power at a usage point. Key: usage point.

Of a usage point only the newest reading counts. Send what changes and what was asked for, not each value of every quarter hour.
"""

from typing import Annotated

from msgspec import Meta

from schemas.contracts.base import Instant, Name, Wire

TOPIC = "outage.meters"


class MeterReading(Wire, frozen=True, kw_only=True):
    """Whether there was power at a usage point at an instant. It contradicts or bears out a restoration; it makes no outage."""

    usage_point: Annotated[
        Name, Meta(description="Usage point mRID, as registry and network model have it; the Kafka key")
    ]
    read_at: Instant
    energised: Annotated[bool, Meta(description="Whether the meter has power from the grid")]
    own_generation: Annotated[
        bool,
        Meta(
            description="Plant behind the meter was running: that the meter has power proves nothing of the grid then"
        ),
    ] = False


TYPES: dict[str, type[Wire]] = {"meter.reading.v1": MeterReading}
