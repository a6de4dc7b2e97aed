"""Log once what a client library repeats, and then how often it was repeated.

A Kafka client that finds nobody says so some fifty times a second: of a broker that is away for ten minutes 30,000 lines
would be all that is left to read. Our own lines are never left out.
"""

import logging
from typing import Final

from services.kernel.clock import Clock

LIBRARIES: Final = ("aiokafka", "faust", "mode")
REPEAT_SECONDS: Final = 10.0


class Repeats(logging.Filter):
    """Lets a line of these libraries through unless one of the same form, whatever its values, came within ten seconds."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; one that is written says how many like it were not."""
        if record.name.partition(".")[0] not in LIBRARIES:
            return True
        form, at = (record.name, record.levelno, str(record.msg)), self._clock.monotonic()
        last, unsaid = self._said.get(form, (float("-inf"), 0))
        if at - last < REPEAT_SECONDS:
            self._said[form] = (last, unsaid + 1)
            return False
        if unsaid:
            record.msg, record.args = f"{record.getMessage()} (and {unsaid} times more before)", ()
        self._said = {known: value for known, value in self._said.items() if at - value[0] < 100 * REPEAT_SECONDS}
        self._said[form] = (at, 0)
        return True
