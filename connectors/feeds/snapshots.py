"""Turn polled lists of open outages into dispatch events: a pure state machine; the same lists give the same events.

The rule that matters most: what is missing from a list is perhaps restored, and no more. Only an outage absent from several
good lists in a row over some time (FeedSettings) is; a body that is empty, cut off or no list says nothing at all, a list with
a row that names no outage proves nobody absent, and one from which too many are gone at once waits for proof (vanishing.py).
"""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.outage_facts import OutageFacts
from connectors.feeds.row import UnreadableRowError
from connectors.feeds.state import (
    FeedSettings,
    FeedState,
    FeedStateError,
    ListResult,
    StatedEvent,
    VanishedOutages,
    state_of,
    stated,
)
from connectors.feeds.vanishing import CAME_BACK, settled, vanished

__all__ = ["FeedSettings", "FeedStateError", "ListResult", "SnapshotFeed", "StatedEvent"]

Body = str | bytes | list[Any]
MOST_WORDS = 50
OTHER_WORDS = "(others)"


class SnapshotFeed:
    """One feed's lists, taken in the order of their time.

    Counts: `lists`, then exactly one of `list-good`, `list-partly-unreadable`, `list-cut-off`, `list-not-believed`,
    `list-no-row-readable`, `list-empty-body`, `list-not-json`, `list-not-a-list`, `list-not-newer`; `rows`,
    `row-unreadable` and `row-duplicate` per row; `vanished-…` as such a question is settled; `outages`; every other name
    is counted once per outage: a time or value that could not be believed, or a change that no dispatch event can say.
    """

    def __init__(self, source: FeedSource, settings: FeedSettings | None = None) -> None:
        self._source = source
        self._settings = settings or FeedSettings()
        self._state = FeedState(source=source.name)
        self._counts: Counter[str] = Counter()
        self._refused: str | None = None
        self._unreadable: str | None = None
        self._unknown: list[tuple[str, str]] = []

    @property
    def source(self) -> FeedSource:
        """Whose lists these are."""
        return self._source

    @classmethod
    def load(cls, source: FeedSource, raw: bytes | str, settings: FeedSettings | None = None) -> "SnapshotFeed":
        """A feed that goes on where `dump` left it.

        Raises:
            FeedStateError: the state is unreadable, of another version, or of another feed.

        """
        feed = cls(source, settings)
        feed._state = state_of(raw, source)
        return feed

    def dump(self) -> bytes:
        """All that is remembered, as JSON."""
        return msgspec.json.encode(self._state)

    @property
    def counts(self) -> dict[str, int]:
        """Counts over all lists taken so far, a saved state's included."""
        return dict(sorted(self._state.counts.items()))

    @property
    def unknown(self) -> dict[str, dict[str, int]]:
        """Rows with a word that the reader does not know: by field, by word; over all lists taken so far."""
        return {field: dict(words) for field, words in sorted(self._state.unknown.items())}

    @property
    def vanished(self) -> VanishedOutages | None:
        """The list that is not believed, while that is a question."""
        return self._state.vanished

    def believe(self) -> bool:
        """A person says that the outages that vanished are over; False where nobody had asked."""
        asked, self._state.vanished = self._state.vanished is not None, None
        if asked:
            self._state.counts["vanished-believed"] = self._state.counts.get("vanished-believed", 0) + 1
        return asked

    @property
    def last_at(self) -> datetime | None:
        """When the last list taken was polled; older ones are passed over."""
        return self._state.last_at

    @property
    def last_good_at(self) -> datetime | None:
        """When the last list was polled of which something was taken."""
        return self._state.last_good_at

    @property
    def last_proof_at(self) -> datetime | None:
        """When the last list was polled that could prove an outage gone: whole, every row read, and believed."""
        return self._state.last_proof_at

    def open_outages(self) -> frozenset[str]:
        """The outages (mRIDs) that were stated and not yet restored."""
        known = self._state.outages.items()
        return frozenset(self._source.mrid(name) for name, outage in known if outage.restored_at is None)

    def take(self, at: datetime, body: Body) -> ListResult:
        """What the list polled at `at` (aware) leads to. Never raises for what stands in `body`.

        Raises:
            ValueError: `at` has no offset.

        """
        if at.tzinfo is None:
            raise ValueError("the time of a list needs an offset: say which zone it was polled in")
        at = at.astimezone(UTC)
        self._counts, self._refused, self._unreadable, self._unknown = Counter({"lists": 1}), None, None, []
        events = self._events(at, body)
        for name, count in self._counts.items():
            self._state.counts[name] = self._state.counts.get(name, 0) + count
        self._remember_unknown()
        question, unknown = self._state.vanished, tuple(self._unknown)
        return ListResult(at, tuple(events), dict(self._counts), self._refused, self._unreadable, unknown, question)

    def _events(self, at: datetime, body: Body) -> list[StatedEvent]:
        state = self._state
        if state.last_at is not None and at <= state.last_at:
            return self._refuse("list-not-newer")
        state.last_at = at
        rows, whole = self._parsed(body)
        if rows is None:
            return []
        listed, all_read = self._listed(rows)
        if rows and not listed:
            return self._refuse("list-no-row-readable")
        believed = whole and all_read and self._believable(at, listed)
        kind = "list-cut-off" if not whole else "list-partly-unreadable"
        if whole and all_read:
            kind = "list-good" if believed else "list-not-believed"
        self._counts[kind] += 1
        facts = OutageFacts(self._source, self._settings, at, state.last_good_at, self._counts)
        events: list[StatedEvent] = []
        for name, row in listed.items():
            known = state.outages.get(name)
            if known is None:
                known, said = facts.begun(row)
                if known is not None:
                    state.outages[name] = known
            else:
                said = facts.seen(row, known)
            events.extend(stated(self._source, name, at, fact) for fact in said)
        if whole and all_read:
            for name in [name for name in state.outages if name not in listed]:
                gone = facts.missing(name, state.outages[name], believed=believed)
                events.extend(stated(self._source, name, at, fact) for fact in gone)
                if facts.forgettable(state.outages[name]):
                    del state.outages[name]
        state.last_good_at = at
        if believed:
            state.last_proof_at = at
        return events

    def _refuse(self, reason: str) -> list[StatedEvent]:
        self._counts[reason] += 1
        self._refused = reason
        return []

    def _believable(self, at: datetime, listed: Collection[str]) -> bool:
        """Whether a whole list may prove somebody absent; raises the question, or settles it."""
        state = self._state
        if state.vanished is not None:
            how = settled(state.vanished, listed, at, self._settings)
            if how is None:
                return False
            self._counts[how] += 1
            if how == CAME_BACK:
                # What the lists did not say that were none is no proof: for who is still gone it begins now.
                for name in set(state.vanished.names) & (state.outages.keys() - set(listed)):
                    state.outages[name].missing_since, state.outages[name].missing_lists = None, 0
            state.vanished = None
        else:
            state.vanished = vanished(state.outages, listed, at, self._settings)
        return state.vanished is None

    def _parsed(self, body: Body) -> tuple[list[Any] | None, bool]:
        """The rows, and whether they are all there are; None for a body that is no list."""
        document: Any = body
        if not isinstance(body, list):
            if not body.strip():
                self._refuse("list-empty-body")
                return None, False
            try:
                document = msgspec.json.decode(body)
            except (ValueError, RecursionError):
                self._refuse("list-not-json")
                return None, False
        rows, whole = rows_in(document, self._source)
        if rows is None:
            self._refuse("list-not-a-list")
        return rows, whole

    def _listed(self, rows: list[Any]) -> tuple[dict[str, ListedRow], bool]:
        """Rows by outage, and whether every row could be read. Of two rows for one outage the later update holds."""
        listed: dict[str, ListedRow] = {}
        all_read = True
        self._counts["rows"] += len(rows)
        for row in rows:
            try:
                read = self._source.read(row)
            except UnreadableRowError as error:
                self._counts["row-unreadable"] += 1
                self._unreadable = self._unreadable or str(error)
                all_read = False
                continue
            self._unknown.extend(read.unknown)
            other = listed.get(read.local_id)
            if other is not None:
                self._counts["row-duplicate"] += 1
                if other.updated and (read.updated is None or read.updated < other.updated):
                    continue
            listed[read.local_id] = read
        return listed, all_read

    def _remember_unknown(self) -> None:
        for field, word in self._unknown:
            words = self._state.unknown.setdefault(field, {})
            # What a broken list writes into a field must not fill the state.
            kept = word if word in words or len(words) < MOST_WORDS else OTHER_WORDS
            words[kept] = words.get(kept, 0) + 1


def rows_in(document: Any, source: FeedSource) -> tuple[list[Any] | None, bool]:
    """Where a feed's answer has its rows, and whether they are all; None where it has no list there.

    A map server that has more rows than it gives at once says `exceededTransferLimit` (Esri's REST API, Query; in its
    GeoJSON among the `properties`).
    """
    if not source.rows:
        return (document, True) if isinstance(document, list) else (None, False)
    if not isinstance(document, dict):
        return None, False
    rows = next((found for key in source.rows if (found := _under(document, key)) is not None), None)
    properties = document.get("properties")
    more = document.get("exceededTransferLimit") or (
        isinstance(properties, dict) and properties.get("exceededTransferLimit")
    )
    return (rows, not more) if isinstance(rows, list) else (None, False)


def _under(document: Any, path: str) -> Any:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document
