"""The state of a snapshot feed between lists, and the facts it has stated; all plain, so that it can be saved as JSON."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from connectors.feeds.listed import FeedSource
from schemas.cloudevent import CloudEvent
from schemas.contracts.all_types import type_of
from schemas.contracts.base import CrewStatusKind, Extent, OutageClass
from schemas.contracts.dispatch import Fact
from services.plausibility import FIGURES, Figures

STATE_VERSION = 1


class FeedStateError(Exception):
    """A saved state cannot be gone on from: import again from the start, or use the state that belongs to the feed."""


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """When absence counts as power being back, and which times are believed.

    The defaults rest on three months of one utility's history: lists come every 15 minutes, 0.25 % of outages come
    back after being absent from two lists, and one zero-byte file stood between two good lists.
    """

    gone_lists: int = 2
    """At the first list that lacks an outage it is perhaps restored; restored after so many, over `gone_span`."""
    gone_span: timedelta = timedelta(minutes=30)
    vanished_least: int = 3
    vanished_share: float = 0.75
    """So many outages, and such a share of all listed, are gone at once before their time: the list is not believed.
    In a month of that history it never was so (the most: four of six, over 80 minutes without a list), and the lists that
    were empty and true came after one or two outages."""
    vanished_span: timedelta = timedelta(hours=2)
    """After so long a list that names other outages is believed all the same; an empty one only at a person's word."""
    facts: Figures = FIGURES
    """Which times are believed: the figures that services judge by, unless the utility's policy has others."""
    furthest_start: timedelta = timedelta(days=31)
    forget_after: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class StatedEvent:
    """One dispatch event, ready for outage.dispatch. `time`: when the list that showed it was polled."""

    id: str
    source: str
    type: str
    time: datetime
    data: Fact
    key: str


def cloud_event(stated: StatedEvent) -> CloudEvent:
    """The event as it travels."""
    return CloudEvent(source=stated.source, id=stated.id, type=stated.type, time=stated.time, data=stated.data)


class VanishedOutages(msgspec.Struct, frozen=True, kw_only=True):
    """A list that is not believed: too many outages were gone at once. They stay open until it is settled."""

    since: datetime
    """When the first such list was polled."""
    before: int
    """Outages that the list before it named."""
    listed: int
    """Outages that it names itself."""
    names: tuple[str, ...]
    """The feed's ids of those that were gone."""


@dataclass(frozen=True, slots=True)
class ListResult:
    """What one list led to: events in order, and counts by reason (see SnapshotFeed for the names)."""

    at: datetime
    events: tuple[StatedEvent, ...]
    counts: Mapping[str, int]
    refused: str | None = None
    """Why nothing was taken from it: the reason under which it is counted."""
    unreadable: str | None = None
    """What was wrong with its first row that could not be read."""
    unknown: tuple[tuple[str, str], ...] = ()
    """(field, word) of every row with a word that the reader does not know."""
    vanished: VanishedOutages | None = None
    """The question that stands open after it."""


class ListedOutage(msgspec.Struct, kw_only=True):
    """One outage as last listed (`..._listed`) and as last stated; times are aware UTC."""

    started_at: datetime
    start_listed: datetime | None
    outage_class: OutageClass
    cause: str | None
    extent: Extent
    crew: CrewStatusKind | None
    ert_listed: datetime | None
    ert: datetime | None
    end_listed: datetime | None
    missing_since: datetime | None = None
    missing_lists: int = 0
    perhaps_since: datetime | None = None
    """Since when it was said to be perhaps restored; None once it is listed again."""
    restored_at: datetime | None = None
    reopened_at: datetime | None = None
    """When it was off again last: an end that is listed still is of the time before."""
    fault_side: Literal["utility", "customer"] | None = None
    noted: list[str] = []


class FeedState(msgspec.Struct, kw_only=True):
    """All that a feed remembers."""

    source: str
    version: int = STATE_VERSION
    last_at: datetime | None = None
    last_good_at: datetime | None = None
    last_proof_at: datetime | None = None
    """When the last list was polled that could prove an outage gone: whole, every row read, and believed."""
    outages: dict[str, ListedOutage] = {}
    counts: dict[str, int] = {}
    unknown: dict[str, dict[str, int]] = {}
    """Rows with a word that the reader does not know: by field, by word."""
    vanished: VanishedOutages | None = None


def state_of(raw: bytes | str, source: FeedSource) -> FeedState:
    """A saved state.

    Raises:
        FeedStateError: it is no saved state, of another version, or of another feed.

    """
    try:
        state = msgspec.json.decode(raw, type=FeedState)
    except ValueError as error:
        raise FeedStateError(f"The saved state cannot be read ({error}): import again from the start.") from error
    if state.version != STATE_VERSION:
        raise FeedStateError(
            f"The saved state has version {state.version}, this program knows {STATE_VERSION}: "
            "import again from the start."
        )
    if state.source != source.name:
        raise FeedStateError(
            f"The saved state belongs to {state.source}, the feed is {source.name}: give the state that belongs to it."
        )
    return state


def stated(source: FeedSource, local_id: str, at: datetime, data: Fact) -> StatedEvent:
    """`data` under an id made of outage, type, list and content: the same file always gives the same ids.

    The content's digest is part of it because an import that begins at another list may know less and say otherwise;
    one id must never stand for two contents.
    """
    type_name = type_of(data)
    kind = type_name.rpartition(".v")[0]
    digest = hashlib.sha256(msgspec.json.encode(data)).hexdigest()[:12]
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    mrid = source.mrid(local_id)
    return StatedEvent(
        id=f"{mrid}/{kind}/{stamp}/{digest}", source=source.name, type=type_name, time=at, data=data, key=mrid
    )
