"""The life of a promise, once for every service that makes one: its name, its record, and what may be said of it. Pure.

A promise is made, perhaps called at risk, and gets one verdict: kept, broken or voided. A later fact that overturns the
verdict is followed by a correction, and that by others; nothing that was published is ever edited. What is promised, when
it falls due and what decides it is each service's own.
"""

from services.promises.naming import count_of, episode_of, name_of, subject_of
from services.promises.record import (
    OPEN_STATES,
    MakesPromises,
    PromiseRecord,
    Standing,
    Why,
    after,
    record_of,
    remember,
    shown,
    shown_in_full,
)
from services.promises.verdicts import (
    ASKED_ELSEWHERE,
    STRICTER_NEAR,
    TOO_LATE,
    PromiseEvent,
    explain,
    is_published,
    settle,
    void_open,
    warn,
)
from services.promises.waiting import timers_of

__all__ = [
    "ASKED_ELSEWHERE",
    "OPEN_STATES",
    "STRICTER_NEAR",
    "TOO_LATE",
    "MakesPromises",
    "PromiseEvent",
    "PromiseRecord",
    "Standing",
    "Why",
    "after",
    "count_of",
    "episode_of",
    "explain",
    "is_published",
    "name_of",
    "record_of",
    "remember",
    "settle",
    "shown",
    "shown_in_full",
    "subject_of",
    "timers_of",
    "void_open",
    "warn",
]
