"""Read the values of one row with distrust: what cannot be used becomes a named problem, what is not known is remembered."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from schemas.contracts.base import EARLIEST, LATEST, Shape
from schemas.shapes import check_shape
from services.places import distinct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_CUSTOMERS = 100_000_000
MAX_LOCAL_NUMBER = 10**60
MAX_NAME = 200
MAX_NAMES_BYTES = 200_000
"""Of all names of one kind in a row: with four kinds a fact still goes into one record of Kafka."""
MAX_UNKNOWN = 80
"""Letters of an unknown value that are remembered."""
LOCAL_ID = re.compile(r"[A-Za-z0-9._:-]{1,60}")
_OFFSET_WITHOUT_COLON = re.compile(r"[+-]\d{4}$")

Meaning = TypeVar("Meaning")


class UnreadableRowError(ValueError):
    """The row does not say which outage it speaks of."""


class FeedRow(Mapping[str, Any]):
    """One row of a list, and what was found odd in it while it was read.

    `what` names a value in the counts that an operator sees: a value that is no such thing counts as
    `<what>-unreadable`, a word that the reader does not know as `<what>-unknown`, with the word itself.
    """

    def __init__(self, values: Mapping[str, Any], parent: "FeedRow | None" = None) -> None:
        self._values = values
        self.problems: set[str] = set() if parent is None else parent.problems
        self.unknown: dict[str, str] = {} if parent is None else parent.unknown
        """Unknown words by field, as they came."""

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def within(self, name: str) -> "FeedRow":
        """The object under `name`, e.g. the `attributes` of a map's feature; one without values where there is none."""
        inner = self.get(name)
        return FeedRow(inner if isinstance(inner, Mapping) else {}, self)

    def id(self, name: str) -> str:
        """The feed's own id of the outage as text.

        Raises:
            UnreadableRowError: it is absent, or has letters that an mRID cannot hold.

        """
        value, text = self.get(name), ""
        if isinstance(value, str) or (isinstance(value, int) and 0 <= value < MAX_LOCAL_NUMBER):
            text = "" if isinstance(value, bool) else str(value)
        if LOCAL_ID.fullmatch(text) is None:
            raise UnreadableRowError(f"The row does not say which outage it speaks of ({name} is {_shown(value)}).")
        return text

    def words(self, name: str) -> str:
        """Text on one line; "" where there is none."""
        return words_of(self.get(name))

    def code(self, name: str, meanings: Mapping[str, Meaning], what: str) -> Meaning | None:
        """What a word of the list means, whatever its case; None where there is no word, or none that is known."""
        value = self.get(name)
        words = words_of(value)
        if value is None or value == "" or words.lower() in meanings:
            return meanings.get(words.lower())
        self.problems.add(f"{what}-unknown")
        self.unknown[name] = words[:MAX_UNKNOWN] or _shown(value)
        return None

    def millis(self, name: str, what: str) -> datetime | None:
        """Milliseconds since 1970 as an instant."""
        value = self.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return self._instant(EPOCH + timedelta(milliseconds=value), what)
            except (OverflowError, ValueError):
                pass
        return self._no_instant(value, what)

    def instant(self, name: str, what: str) -> datetime | None:
        """An instant written as ISO 8601 with its offset: 2026-03-05T09:12:00Z, …+08:00, …+0800."""
        value = self.get(name)
        try:
            instant = datetime.fromisoformat(_iso(value)) if isinstance(value, str) and value else None
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            return self._no_instant(value, what)
        return self._instant(instant, what)

    def local(self, name: str, form: str, zone: str, what: str) -> datetime | None:
        """A time on the clocks of `zone`, in a form of strptime; where clocks go back, the earlier of the two."""
        value = self.get(name)
        try:
            written = datetime.strptime(value.strip(), form) if isinstance(value, str) and value else None  # noqa: DTZ007 - the zone comes next
        except ValueError:
            written = None
        return self._no_instant(value, what) if written is None else self._instant(_placed(written, zone), what)

    def customers(self, name: str) -> int | None:
        """A number of customers; anything else than a whole number from 0 adds `customers-unusable`."""
        value = self.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CUSTOMERS:
            return value
        self.problems.add("customers-unusable")
        return None

    def shape(self, name: str) -> Shape | None:
        """Where power is off: GeoJSON, or one ring as a flat list of longitude and latitude in turn, closed or not.

        What is none, or none that a fact may have, adds `shape-unusable`; its town stands all the same.
        """
        value = self.get(name)
        if not value:
            return None
        try:
            shape: Shape = msgspec.convert(_geojson(value), Shape)
            check_shape(shape, name)
        except (ValueError, TypeError):
            self.problems.add("shape-unusable")
            return None
        return shape

    def names(self, name: str, separator: str = ",") -> tuple[str, ...]:
        """Names of places, lines, transformers: a list, or one text with a separator."""
        value = self.get(name)
        found = value.split(separator) if isinstance(value, str) else value if isinstance(value, list) else ()
        return names_of(found, self.problems)

    def _instant(self, instant: datetime, what: str) -> datetime | None:
        if EARLIEST <= instant < LATEST:
            return instant.astimezone(UTC)
        self.problems.add(f"{what}-unreadable")
        return None

    def _no_instant(self, value: object, what: str) -> datetime | None:
        if value is not None and value != "":
            self.problems.add(f"{what}-unreadable")
        return None


def _geojson(value: Any) -> Any:
    """A flat list of numbers as the Polygon that it stands for."""
    if not isinstance(value, list) or isinstance(value[0], list):
        return value
    ring = list(zip(value[::2], value[1::2], strict=True))
    return {"type": "Polygon", "coordinates": [ring if ring[0] == ring[-1] else [*ring, ring[0]]]}


def words_of(value: object) -> str:
    """Text on one line without control characters (a NUL would not fit into a database); "" for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def names_of(names: Any, problems: set[str]) -> tuple[str, ...]:
    """Names trimmed, each place once, in the order given; more than a fact can hold are cut (`areas-too-many`)."""
    trimmed = (words_of(name) for name in names)
    kept, room = [], MAX_NAMES_BYTES
    for name in distinct(name for name in trimmed if 0 < len(name) <= MAX_NAME):
        room -= len(name.encode())
        if room < 0:
            problems.add("areas-too-many")
            break
        kept.append(name)
    return tuple(kept)


def _iso(text: str) -> str:
    """With a colon in its offset, which Python 3.11 wants after milliseconds."""
    return f"{text[:-2]}:{text[-2:]}" if _OFFSET_WITHOUT_COLON.search(text) else text


def _placed(written: datetime, zone: str) -> datetime:
    return written.replace(tzinfo=ZoneInfo(zone))


def _shown(value: object) -> str:
    return "missing" if value is None else words_of(repr(value))[:MAX_UNKNOWN]
