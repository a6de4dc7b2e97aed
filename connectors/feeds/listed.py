"""What one row of a polled list says about one outage, and what a feed is: where its rows lie, and how one is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from connectors.feeds.row import LOCAL_ID, MAX_CUSTOMERS, FeedRow, UnreadableRowError, names_of, words_of
from schemas.contracts.base import EARLIEST, LATEST, CrewStatusKind, Extent, MultiPolygon, Polygon, Shape
from schemas.shapes import check_shape
from services.places.extents import KINDS

MAX_CAUSE = 2000

Stage = Literal["off", "ahead", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """What one row says about one outage. Instants are aware; None means that the row does not say."""

    local_id: str
    stage: Stage = "off"
    """off: power is off, or goes off at `started`; ahead: it has not gone off; over: the row says that it is back."""
    outage_class: Literal["planned", "fault"] = "fault"
    cause: str | None = None
    fault_side: Literal["unknown", "utility", "customer"] = "unknown"
    areas: tuple[str, ...] = ()
    """Places as customers are registered in them. A list that names what is off more closely says that as well."""
    lines: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()
    usage_points: tuple[str, ...] = ()
    shape: Shape | None = None
    """Where within its areas, WGS 84: with it only those are told whose coordinates lie inside, or are not known."""
    customers: int | None = None
    crew: CrewStatusKind | None = None
    crew_at: datetime | None = None
    """Since when `crew` is so."""
    started: datetime | None = None
    ert: datetime | None = None
    ended: datetime | None = None
    updated: datetime | None = None
    problems: frozenset[str] = frozenset()
    unknown: tuple[tuple[str, str], ...] = ()
    """Words that the reader does not know, each with its field."""

    @property
    def extent(self) -> Extent:
        """What is without power, as the row says."""
        named = {kind: getattr(self, kind) for kind in KINDS}
        return Extent(**named, shape=self.shape, customers_affected=self.customers)


RowReader = Callable[[FeedRow], ListedRow]
"""Raises UnreadableRowError when the row names no outage."""


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed: its CloudEvents source, the prefix of its outages' mRIDs, how to read one of its rows, where they lie."""

    name: str
    mrid_prefix: str
    read_row: RowReader
    rows: tuple[str, ...] = ()
    """The key of the answer under which the rows lie (data.outages: within another), or the keys that it has had; none:
    the answer is the list itself."""

    def mrid(self, local_id: str) -> str:
        """The outage's mRID: unique among all feeds that share a topic."""
        return f"{self.mrid_prefix}-{local_id}"

    def read(self, values: object) -> ListedRow:
        """One row of the list, whatever it is.

        Raises:
            UnreadableRowError: it names no outage, or its reader failed on it or gave what is no outage.

        """
        if not isinstance(values, Mapping):
            raise UnreadableRowError("The row is no JSON object.")
        row = FeedRow(values)
        try:
            return _checked(self.read_row(row), row)
        except UnreadableRowError:
            raise
        except Exception as error:  # a reader is somebody else's code, and one odd row must not end the feed
            raise UnreadableRowError(f"The reader failed on the row ({type(error).__name__}: {error}).") from error


_INSTANTS = ("crew_at", "started", "ert", "ended", "updated")
_WORDS: Mapping[str, tuple[object, ...]] = {
    "stage": get_args(Stage),
    "outage_class": ("planned", "fault"),
    "fault_side": ("unknown", "utility", "customer"),
    "crew": (None, *get_args(CrewStatusKind)),
}


def _checked(listed: ListedRow, row: FeedRow) -> ListedRow:
    """What a reader gave, held to what facts may say; with all that was found odd."""
    if not isinstance(listed, ListedRow):
        raise UnreadableRowError(f"The reader gave {type(listed).__name__}: let it return a ListedRow.")
    if not isinstance(listed.local_id, str) or LOCAL_ID.fullmatch(listed.local_id) is None:
        raise UnreadableRowError(f"The reader gave the id {listed.local_id!r:.80}: take row.id(…).")
    for name, words in _WORDS.items():
        if getattr(listed, name) not in words:
            raise UnreadableRowError(f"The reader gave {name}={getattr(listed, name)!r:.80}: one of {words}.")
    problems = set(row.problems | listed.problems)
    changes: dict[str, Any] = {name: _instant(name, getattr(listed, name)) for name in _INSTANTS}
    if listed.customers is not None and not _is_count(listed.customers):
        problems.add("customers-unusable")
        changes["customers"] = None
    changes |= {kind: names_of(_given(getattr(listed, kind)), problems) for kind in KINDS}
    changes["shape"] = _shape(listed.shape, problems)
    if not any(changes[kind] for kind in KINDS):
        problems.add("area-missing")
    changes["cause"] = words_of(listed.cause)[:MAX_CAUSE] or None
    unknown = dict(listed.unknown) | row.unknown
    return replace(listed, **changes, problems=frozenset(problems), unknown=tuple(sorted(unknown.items())))


def _given(names: Any) -> Any:
    """One name alone is a list of one, not of its letters."""
    return (names,) if isinstance(names, str) else names or ()


def _shape(given: object, problems: set[str]) -> Shape | None:
    try:
        if isinstance(given, Polygon | MultiPolygon):
            check_shape(given, "shape")
            return given
    except ValueError:
        pass
    if given is not None:
        problems.add("shape-unusable")
    return None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_CUSTOMERS


def _instant(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None or not EARLIEST <= value < LATEST:
        raise UnreadableRowError(
            f"The reader gave {name}={value!r:.80}: an instant with its zone, as row.instant, millis and local give."
        )
    return value.astimezone(UTC)
