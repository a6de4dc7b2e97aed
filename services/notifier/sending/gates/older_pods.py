"""Know whether pods of a version before run beside this one, as in a rolling update: what they would take wrong waits.

Such a pod looks for the words of a text's own row where an attempt's answer was lost. One text that speaks for several has other
words: the pod would not find it on the provider's list, and have it sent again.
"""

from pathlib import Path
from typing import Any, Final

import structlog

from services.kernel.clock import Clock
from services.kernel.queries import queries

log = structlog.get_logger()
SQL: Final = queries(Path(__file__).parents[2] / "sql" / "gate.sql")
GONE_SECONDS: Final = 60.0
"""Not seen for so long they are gone for good: none can start on this version's tables. A lost connection is made again sooner."""


class OlderPods:
    """What this process has seen of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._seen: float | None = None
        self._gone = False

    async def are_beside(self, connection: Any) -> bool:
        """Whether any was there within the last minute; asked of the database until none was for so long."""
        if self._gone:
            return False
        at = self._clock.monotonic()
        if await connection.fetchval(SQL["older_senders"]):
            if self._seen is None:
                log.info(
                    "pods of a version before send, too: texts to one telephone are not merged or counted until they are gone"
                )
            self._seen = at
        since = self._began if self._seen is None else self._seen
        self._gone = at - since > GONE_SECONDS
        return self._seen is not None and not self._gone
