"""An hour of the hotline, as a call centre tells it."""

from datetime import datetime

from schemas.contracts.dispatch import AnsweredWithin, CallsAnswered


def an_hour(begins: datetime, calls: int = 40, *, hotline: str = "95598", seconds: int = 12) -> CallsAnswered:
    """All calls of it answered within so many seconds."""
    within = (AnsweredWithin(limit=seconds, unit="seconds", calls=calls),)
    return CallsAnswered(hotline=hotline, hour=begins, calls=calls, answered=calls, within=within)
