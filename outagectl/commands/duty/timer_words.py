"""Describe a timer in words: what happens when it comes due, and why one that is due has not happened yet. Pure."""

from __future__ import annotations

from datetime import datetime

from operations.times import Times
from outagectl.words.texts import text_says
from outagectl.words.vocabulary import promised
from schemas.contracts.promises import PromiseMade

PROMISE = "promise/"
BROKEN, WARNED = "due", "at-risk"


def what(name: str, promise: PromiseMade | None, trigger: str | None, t: Times) -> str:
    """What happens at a timer's instant unless something comes first."""
    if name.startswith(PROMISE):
        return _promised(name.rpartition("/")[2], promise, t)
    if name == "close":
        return "the outage is closed, if the power stays on till then"
    if name.startswith("say/"):
        return f"what we told them about {name.removeprefix('say/')} runs out: the next text is due"
    if name.startswith("expire/"):
        about = f" (“{text_says(trigger)}”)" if trigger else ""
        return f"text {name.removeprefix('expire/')[:8]}…{about} is dropped, unless it has gone out by then"
    return f"{name} (this version has no words for it)"


def _promised(which: str, promise: PromiseMade | None, t: Times) -> str:
    thing, broken = promised(promise.obligation if promise else "what was promised")
    if which == WARNED:
        return f"warning: {thing} is promised by {t.text(promise.due_at if promise else None)}"
    return f"the promise breaks unless it is kept by then: {broken}" if which == BROKEN else which


def why_late(
    service: str,
    due_at: datetime,
    parked_by: str | None,
    known_until: datetime | None,
    behind: str | None,
    t: Times,
) -> str:
    """What a timer that is due still waits for, and what to do about it."""
    if parked_by:
        return f"its stream is parked by a message that could not be judged: outagectl quarantine show {parked_by}"
    if known_until is None:
        return f"the {service} has read nothing yet: is it running?"
    if known_until < due_at:
        return (
            f"what was reported before it is not all read: {behind} is read up to {t.at(known_until)}; "
            f"is the {service} running? outagectl offsets show"
        )
    return f"nothing hinders it: is the {service} running?"
