"""Log a lasting trouble without filling the log: when it begins, when its message changes, and then once a minute."""

from typing import Any, Final

import structlog

from services.kernel.clock import Clock, SystemClock

log = structlog.get_logger()

REPEAT_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 4.0
"""A dependency that has said nothing for so long is away."""


def why(error: BaseException, limit: float = ANSWER_SECONDS) -> str:
    """An error as a reason that can be read, of a group each one; silence has no words of its own."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(why(one, limit) for one in error.exceptions))
    if isinstance(error, TimeoutError) and not str(error):
        return f"no answer within {limit:.0f} s"
    return f"{type(error).__name__}: {error}"


class Complaint:
    """One kind of trouble of one loop. `event`: its line in the log."""

    def __init__(self, event: str, clock: Clock | None = None) -> None:
        self._event, self._clock = event, clock or SystemClock()
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
