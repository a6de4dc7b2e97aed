"""Say what goes wrong between a log and who writes or reads it: sends that fail, records that come late, twice or never."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from services.kernel.model import TopicPartition


class Send(Enum):
    """What becomes of a batch that a producer sends."""

    GOES_WELL = auto()
    REFUSED = auto()
    """It is not in the log, and the producer is told that it failed."""
    UNANSWERED = auto()
    """It is in the log, and the producer is told that it failed."""


@dataclass(slots=True)
class Faults:
    """What is to go wrong; nothing does until it is written here."""

    sends: deque[Send] = field(default_factory=deque)
    """Of the next batches that producers send, whoever sends them, one each."""
    lag: dict[TopicPartition, float] = field(default_factory=dict)
    """Seconds after which a record of this partition is delivered; those of others overtake it."""
    skipped: set[tuple[TopicPartition, int]] = field(default_factory=set)
    """Records by partition and offset that no shell hands over, as if it had never seen them."""
    rewound: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)
    """By group and partition: from where its reader is to read once more."""

    def of_send(self) -> Send:
        """What becomes of the batch that arrives now."""
        return self.sends.popleft() if self.sends else Send.GOES_WELL
