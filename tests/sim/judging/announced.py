"""Read from a text what time of work it announces, as the customer does who has nothing but its words."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from schemas.contracts.base import Period
from tests.chaos.truth import Posted
from tests.sim.judging.promises.owed import ZONE

Two = tuple[int, int]
ANNOUNCES: Final = frozenset({"planned-notice", "temporary-notice", "moved"})
SAYS: Final = ANNOUNCES | {"cancelled"}
_NOT_NOW: Final = re.compile(r"原定.*?现改为|, not .*")
"""Of work that is moved: the time that no longer is."""
_TIME: Final = re.compile(
    r"(?:(?P<month>\d+)月(?P<day>\d+)日)?(?P<hour>\d+)时(?:(?P<minute>\d+)分)?"
    r"|(?P<at>\d\d:\d\d)(?: on (?P<on>\d+ [A-Z][a-z]+))?"
)
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def tells(text: Posted, period: Period) -> bool:
    """Whether its reader knows from it that there is work all through `period`."""
    if text.trigger not in ANNOUNCES:
        return False
    start, end = announced(text.body, period.start.astimezone(ZONE).year)
    return start <= period.start.replace(second=0, microsecond=0) and end >= period.end.replace(second=0, microsecond=0)


def told(texts: Iterable[Posted], period: Period, until: datetime) -> datetime | None:
    """When a customer came to know of work all through `period`, by these texts about it; None: not yet.

    It counts from the last text until then that said another time, or that there is none.
    """
    own = sorted((text for text in texts if text.trigger in SAYS), key=lambda text: text.at)
    other = max((text.at for text in own if text.at <= until and not tells(text, period)), default=None)
    return min((text.at for text in own if tells(text, period) and (other is None or text.at > other)), default=None)


def announced(body: str, year: int) -> tuple[datetime, datetime]:
    """From when to when, in the year that is meant.

    Raises:
        ValueError: it does not say two times.

    """
    (starts, day), (ends, last), *_ = [_spoken(found) for found in _TIME.finditer(_NOT_NOW.sub("", body))]
    day, last = day or last, last or day
    if day is None or last is None:
        raise ValueError(body)
    start = datetime(year, *day, *starts, tzinfo=ZONE)
    return start, datetime(year + (last < day), *last, *ends, tzinfo=ZONE)


def times(body: str, year: int) -> list[datetime]:
    """All instants that a text names, of which a day is known.

    Raises:
        ValueError: it names none.

    """
    spoken = [_spoken(found) for found in _TIME.finditer(body)]
    # In English the day follows its times, in Chinese it goes before.
    ahead: tuple[int, int] | None = None
    days: list[tuple[int, int] | None] = []
    for _, day in spoken:
        ahead = day or ahead
        days.append(ahead)
    behind: tuple[int, int] | None = None
    for number in reversed(range(len(spoken))):
        behind = spoken[number][1] or behind
        days[number] = days[number] or behind
    found = [
        datetime(year, *day, *clock, tzinfo=ZONE)
        for (clock, _), day in zip(spoken, days, strict=True)
        if day is not None
    ]
    if not found:
        raise ValueError(body)
    return found


def _spoken(found: re.Match[str]) -> tuple[Two, Two | None]:
    """Hour and minute; month and day, unless the other of two times names them."""
    said = found.groupdict()
    if said["at"]:
        on = said["on"].split() if said["on"] else None
        day = (_MONTHS.index(on[1]) + 1, int(on[0])) if on else None
        return (int(said["at"][:2]), int(said["at"][3:])), day
    named = (int(said["month"]), int(said["day"])) if said["month"] else None
    return (int(said["hour"]), int(said["minute"] or 0)), named
