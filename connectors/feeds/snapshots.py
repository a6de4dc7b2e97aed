"""Turn polled lists of open outages into dispatch events: a pure state machine; the same lists give the same events.

The rule that matters most: what is missing from a list is not restored. Only an outage absent from several good lists
in a row over some time (FeedSettings) is; a body that is empty, cut off or no list says nothing at all, and a list with a
row that names no outage proves nobody absent.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.feeds.listed import FeedSource, ListedRow, UnreadableRowError
from connectors.feeds.outage_facts import OutageFacts
from connectors.feeds.state import FeedSettings, FeedState, FeedStateError, ListResult, StatedEvent, state_of, stated

__all__ = ["FeedSettings", "FeedStateError", "ListResult", "SnapshotFeed", "StatedEvent"]

Body = str | bytes | list[Any]


class SnapshotFeed:
    """One feed's lists, taken in the order of their time.

    Counts: `lists`, then exactly one of `list-good`, `list-partly-unreadable`, `list-empty-body`, `list-not-json`,
    `list-not-a-list`, `list-not-newer`; `row-unreadable` and `row-duplicate` per row; `outages`; every other name is
    counted once per outage: a time or value that could not be believed, or a change that no dispatch event can say.
    """

    def __init__(self, source: FeedSource, settings: FeedSettings | None = None) -> None:
        self._source = source
        self._settings = settings or FeedSettings()
        self._state = FeedState(source=source.name)
        self._counts: Counter[str] = Counter()

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
    def last_at(self) -> datetime | None:
        """When the last list taken was polled; older ones are passed over."""
        return self._state.last_at

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
        self._counts = Counter({"lists": 1})
        events = self._events(at, body)
        for name, count in self._counts.items():
            self._state.counts[name] = self._state.counts.get(name, 0) + count
        return ListResult(at, tuple(events), dict(self._counts))

    def _events(self, at: datetime, body: Body) -> list[StatedEvent]:
        state = self._state
        if state.last_at is not None and at <= state.last_at:
            self._counts["list-not-newer"] += 1
            return []
        state.last_at = at
        rows = self._parsed(body)
        if rows is None:
            return []
        listed, proves_absence = self._listed(rows)
        self._counts["list-good" if proves_absence else "list-partly-unreadable"] += 1
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
        if proves_absence:
            for name in [name for name in state.outages if name not in listed]:
                gone = facts.missing(name, state.outages[name])
                events.extend(stated(self._source, name, at, fact) for fact in gone)
                if facts.forgettable(state.outages[name]):
                    del state.outages[name]
        state.last_good_at = at
        return events

    def _parsed(self, body: Body) -> list[Any] | None:
        rows: Any = body
        if not isinstance(body, list):
            if not body.strip():
                self._counts["list-empty-body"] += 1
                return None
            try:
                rows = msgspec.json.decode(body)
            except (ValueError, RecursionError):
                self._counts["list-not-json"] += 1
                return None
        if not isinstance(rows, list):
            self._counts["list-not-a-list"] += 1
            return None
        return rows

    def _listed(self, rows: list[Any]) -> tuple[dict[str, ListedRow], bool]:
        """Rows by outage, and whether every row could be read. Of two rows for one outage the later update holds."""
        listed: dict[str, ListedRow] = {}
        proves_absence = True
        for row in rows:
            try:
                if not isinstance(row, dict):
                    raise UnreadableRowError  # noqa: TRY301 - one place counts both kinds
                read = self._source.read_row(row)
            except UnreadableRowError:
                self._counts["row-unreadable"] += 1
                proves_absence = False
                continue
            other = listed.get(read.local_id)
            if other is not None:
                self._counts["row-duplicate"] += 1
                if other.updated and (read.updated is None or read.updated < other.updated):
                    continue
            listed[read.local_id] = read
        return listed, proves_absence
