"""A trouble that stands, said without filling the log: when it begins, when its words change, and then once a minute."""

from typing import Any, Final

import structlog

from services.kernel.observing.probes import why
from services.kernel.warp import Clock

log = structlog.get_logger()

REPEAT_SECONDS: Final = 60.0


class Complaint:
    """One kind of trouble of one loop. `event`: its line in the log."""

    def __init__(self, event: str, clock: Clock) -> None:
        self._event, self._clock = event, clock
        self._said = ""
        self._at = 0.0
        self._unsaid = 0

    def say(self, error: BaseException, **more: Any) -> bool:
        """Say it, unless the same was said within the minute; whether it was said."""
        words, at = why(error), self._clock.monotonic()
        if words == self._said and at - self._at < REPEAT_SECONDS:
            self._unsaid += 1
            return False
        log.warning(self._event, error=words, unsaid=self._unsaid, **more)
        self._said, self._at, self._unsaid = words, at, 0
        return True

    def over(self) -> None:
        """It went well: the next trouble is a new one."""
        self._said, self._unsaid = "", 0
