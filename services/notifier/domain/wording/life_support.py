"""Word what somebody at home needs to know whose life hangs on a device: how long its battery lasts, and whom to call. Pure.

How long is said only where it is true and of use: the battery has run since power went off, it is not nearly empty by the
figures, and power is not expected before. What stands in the registry is a figure on paper, so it is always about; and where
it says nothing that helps, only the number to call is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.base import Period
from services.wording.speakers import cut, has_han

LEAST_LEFT: Final = timedelta(minutes=15)
"""A battery with less left by the figures: that it ends then helps nobody any more, the number to call does."""
ABOUT: Final = timedelta(minutes=15)
"""Expected times are about."""
STEP: Final = timedelta(minutes=5)
"""Its end is said to five minutes, rounded down."""
MINUTES_AT_MOST: Final = 90
"""What lasts longer is said in hours, where they are whole."""
DEVICE_LIMIT: Final = 8
DEVICE_LIMIT_LATIN: Final = 24


@dataclass(frozen=True, slots=True)
class LifeSupport:
    """What keeps somebody alive there. `device`: as the registry calls it; `battery`: how long it runs without power."""

    device: str | None = None
    battery: timedelta | None = None


def while_off(
    care: LifeSupport | None, *, since: datetime | None, ert: datetime | None, now: datetime
) -> tuple[str, datetime | None]:
    """For a text that says that power is off: the phrase, and until when the battery lasts if that is said; "" for nobody."""
    if care is None:
        return "", None
    ends = since + care.battery if since is not None and care.battery is not None else None
    if ends is None or ends < now + LEAST_LEFT or (ert is not None and ert + ABOUT <= ends):
        return "care", None
    return "care-until", ends - timedelta(seconds=ends.timestamp() % STEP.total_seconds())


def ahead(care: LifeSupport | None, period: Period | None) -> tuple[str, timedelta | None]:
    """For a text that announces work: the phrase, and how long the battery lasts where the work may last as long."""
    if care is None or period is None:
        return "", None
    if care.battery and care.battery < period.end - period.start + ABOUT:
        return "prepare-battery", care.battery
    return "prepare", None


def device_name(care: LifeSupport, phrases: Mapping[str, str], *, chinese: bool) -> str:
    """The device as a reader of that script knows it; else in general words."""
    name = care.device or ""
    if not name or has_han(name) != chinese:
        return phrases["device"]
    return cut(name, DEVICE_LIMIT if chinese else DEVICE_LIMIT_LATIN)


def lasting(battery: timedelta, phrases: Mapping[str, str]) -> str:
    """4小时 or 90分钟."""
    minutes = int(battery.total_seconds()) // 60
    if minutes > MINUTES_AT_MOST and minutes % 60 == 0:
        return phrases["hours"].format(n=minutes // 60)
    return phrases["minutes"].format(n=minutes)
