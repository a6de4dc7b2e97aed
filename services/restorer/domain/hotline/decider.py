"""Keep what a call centre says of each hour of one hotline; an hour that is restated takes the place of the one before.

A stream is one hotline on one day of UTC: hotline/95598/2026-03-05. An hour that is not over when its record comes is not counted,
and shown as refused until it is sent again. Of hours that overlap one counts (overlaps.py), whichever was told first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import encode
from schemas.contracts.dispatch import CallsAnswered
from services.kernel.model import Decision, Event, Message, NewEvent
from services.plausibility import Figures
from services.restorer.domain.events import CALLS_REFUSED, CallsRefused
from services.restorer.domain.hotline.overlaps import HOUR, overlapped

CATEGORY: Final = "hotline"
NOT_OVER: Final = "hour-not-over"
OVERLAPS: Final = "hour-overlaps"
REFUSALS_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class HotlineDay:
    """One hotline on one day, as its log tells it."""

    hotline: str
    day: str
    hours: Mapping[datetime, CallsAnswered] = field(default_factory=dict)
    """What counts of each hour: its highest revision."""
    restated: int = 0
    """How often an hour was told again."""
    refused: tuple[CallsRefused, ...] = ()
    """The last that were refused and not told again since."""


def stream_of(calls: CallsAnswered) -> str:
    """The stream that an hour belongs to."""
    return f"{CATEGORY}/{calls.hotline}/{calls.hour.astimezone(UTC):%Y-%m-%d}"


def outranks(one: CallsAnswered, other: CallsAnswered) -> bool:
    """Whether `one` counts and not `other`, of the same hour: by revision; of one revision the bytes decide, not who came first."""
    return (one.revision, encode(one)) > (other.revision, encode(other))


class HotlineHours:
    """Keeps the hours of one hotline and day."""

    category = CATEGORY
    rules = "the highest revision of an hour"

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def initial(self, stream_id: str) -> HotlineDay:
        """Nothing told of that day yet."""
        _, hotline, day = stream_id.split("/")
        return HotlineDay(hotline, day)

    def evolve(self, state: HotlineDay, event: Event) -> HotlineDay:
        """The state after one event."""
        data: Any = event.data
        if isinstance(data, CallsRefused):
            return replace(state, refused=(*state.refused, data)[-REFUSALS_KEPT:])
        if not isinstance(data, CallsAnswered):
            return state
        hour, known = data.hour.astimezone(UTC), state.hours.get(data.hour.astimezone(UTC))
        left = tuple(one for one in state.refused if one.hour != hour)
        if known is None:
            return replace(state, hours={**state.hours, hour: data}, refused=left)
        counts = data if outranks(data, known) else known
        return replace(state, hours={**state.hours, hour: counts}, restated=state.restated + 1, refused=left)

    def decide(
        self, state: HotlineDay, facts: Collection[datetime] | None, message: Message, now: datetime
    ) -> Decision:
        """What follows from an hour's figures; `facts`: hours of this hotline that were told, of other days, too, and overlap it.

        `hour-overlaps`: it is kept, and another counts (detail: which). One that takes another's place says so in its detail.
        """
        del now
        calls = message.data
        if not isinstance(calls, CallsAnswered):
            return Decision("not-about-calls")
        hour = calls.hour.astimezone(UTC)
        if hour + HOUR > message.recorded_at + self._figures.ahead_most:
            refused = CallsRefused(
                hotline=calls.hotline, hour=hour, revision=calls.revision, calls=calls.calls, reason=NOT_OVER
            )
            if refused in state.refused:
                return Decision(NOT_OVER)
            return Decision(NOT_OVER, [NewEvent(CALLS_REFUSED, refused)])
        known = state.hours.get(hour)
        if known == calls:
            return Decision("already-known")
        away = overlapped({hour, *state.hours, *(facts or ())})
        reason, detail = _reason(calls, known), None
        if hour in away:
            reason, detail = OVERLAPS, f"the hour from {away[hour].isoformat()} counts"
        elif gone := sorted(other for other, by in away.items() if by == hour):
            detail = f"counts instead of {', '.join(f'the hour from {other.isoformat()}' for other in gone)}"
        return Decision(reason, [NewEvent(TYPE_OF[CallsAnswered], calls)], detail)

    def timers(self, state: HotlineDay) -> dict[str, datetime]:
        """None: nothing here waits for a time."""
        del state
        return {}

    def view(self, state: HotlineDay) -> dict[str, Any]:
        """The day as a JSON object."""
        told = {
            "hotline": state.hotline,
            "day": state.day,
            "hours": [state.hours[hour] for hour in sorted(state.hours)],
            "restated": state.restated,
            "refused": state.refused,
        }
        view: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
        return view


def _reason(calls: CallsAnswered, known: CallsAnswered | None) -> str:
    if known is None:
        return "hour-counted"
    if calls.revision == known.revision:
        return "revision-told-otherwise"
    return "hour-restated" if calls.revision > known.revision else "older-revision"
