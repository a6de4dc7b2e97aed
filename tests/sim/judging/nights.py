"""Who was woken for later work: texts about a plan that went at night, by their words; by when a notice of the night is told.

At night goes what begins, or would have begun, before the morning or so soon after it that nobody could prepare; the rest in the
morning, to everybody. The figures are the standard's and stand here a second time. Shanghai has no daylight saving.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Final

from tests.chaos.truth import Posted
from tests.sim.judging.announced import SAYS, times
from tests.sim.judging.promises.owed import DAY, ZONE
from tests.sim.judging.storms import short

BEGINS, ENDS = time(21), time(7)
PREPARE: Final = timedelta(hours=2)
UNDER_WAY: Final = timedelta(seconds=30)
"""A text that was claimed by day may reach its provider so long after nightfall."""


def morning(at: datetime) -> datetime | None:
    """The end of the night that an instant lies in; None by day."""
    local = at.astimezone(ZONE)
    if ENDS <= local.time() < BEGINS:
        return None
    day = local.date() if local.time() < ENDS else local.date() + DAY
    return datetime.combine(day, ENDS, ZONE)


def woken(texts: Iterable[Posted], sure: Callable[[datetime], bool]) -> Iterator[str]:
    """Texts about later work that were posted at night. `sure`: whether the notifier knew what time it was then."""
    for text in texts:
        night = morning(text.at - UNDER_WAY) if morning(text.at) is not None else None
        if text.trigger not in SAYS or night is None or not sure(text.at):
            continue
        first = min(times(text.body, text.at.astimezone(ZONE).year))
        if first > night + PREPARE:
            yield f"woken: {text.trigger} to customer {text.customer} at {short(text.at)}, for work of {first:%d %H:%M}"


def informed_by(by: datetime, published: datetime, start: datetime) -> datetime:
    """By when key customers know of a notice that has to be told by then: where its texts wait, in the morning and its minutes."""
    night = morning(published)
    if night is None or start <= night + PREPARE:
        return by
    return max(by, night + min(timedelta(hours=2), by - published))
