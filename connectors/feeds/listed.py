"""Read one row of a polled outage list with distrust: what cannot be used becomes a named problem, never an error."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from schemas.contracts.base import EARLIEST, LATEST, CrewStatusKind
from services.places import distinct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_CUSTOMERS = 100_000_000
MAX_LOCAL_NUMBER = 10**60
MAX_AREA = 200
MAX_CAUSE = 2000
LOCAL_ID = re.compile(r"[A-Za-z0-9._:-]{1,60}")


class UnreadableRowError(ValueError):
    """The row does not say which outage it speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """What one row says about one open outage. Instants are aware UTC; None means that the row does not say."""

    local_id: str
    outage_class: Literal["planned", "fault"] = "fault"
    cause: str | None = None
    fault_side: Literal["unknown", "utility", "customer"] = "unknown"
    areas: tuple[str, ...] = ()
    customers: int | None = None
    crew: CrewStatusKind | None = None
    started: datetime | None = None
    ert: datetime | None = None
    ended: datetime | None = None
    updated: datetime | None = None
    problems: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed: its CloudEvents source, the prefix of its outages' mRIDs, and how to read one of its rows.

    `read_row` raises UnreadableRowError when the row names no outage, and nothing else.
    """

    name: str
    mrid_prefix: str
    read_row: Callable[[Mapping[str, Any]], ListedRow]

    def mrid(self, local_id: str) -> str:
        """The outage's mRID: unique among all feeds that share a topic."""
        return f"{self.mrid_prefix}-{local_id}"


def local_id(value: object) -> str:
    """The feed's own id of an outage as text.

    Raises:
        UnreadableRowError: it is absent, or has letters that an mRID cannot hold.

    """
    text = ""
    if isinstance(value, str) or (isinstance(value, int) and 0 <= value < MAX_LOCAL_NUMBER):
        text = "" if isinstance(value, bool) else str(value)
    if LOCAL_ID.fullmatch(text) is None:
        raise UnreadableRowError("The row does not say which outage it speaks of.")
    return text


def words_of(value: object) -> str:
    """Text on one line without control characters (a NUL would not fit into a database); "" for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def instant_of_millis(value: object, name: str, problems: set[str]) -> datetime | None:
    """Milliseconds since 1970 as an instant; what is no instant of 2000 to 2199 adds `<name>-unreadable`."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            instant = EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            instant = EPOCH
        if EARLIEST <= instant < LATEST:
            return instant
    problems.add(f"{name}-unreadable")
    return None


def customers_of(value: object, problems: set[str]) -> int | None:
    """A number of customers; anything else than a whole number from 0 adds `customers-unusable`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CUSTOMERS:
        return value
    problems.add("customers-unusable")
    return None


def areas_of(names: Iterable[str], problems: set[str]) -> tuple[str, ...]:
    """Area names trimmed, each place once, in the order given; none at all adds `area-missing`."""
    trimmed = (words_of(name) for name in names)
    areas = distinct(name for name in trimmed if 0 < len(name) <= MAX_AREA)
    if not areas:
        problems.add("area-missing")
    return areas
