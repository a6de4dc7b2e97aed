"""Tell a person on duty what a poller sees: a line a list, and what wants somebody's eye, once each time it begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from connectors.feeds.snapshots import ListResult
from connectors.feeds.state import VanishedOutages
from operations.feeds.counters import facts_by_type
from operations.feeds.fetching import FetchedList
from operations.feeds.kept import FeedFile
from operations.feeds.metrics import FeedTelemetry
from services.kernel.clock import Clock
from services.kernel.observing.health import Health

BLIND: Final = timedelta(hours=1)
"""So long nothing that was taken could prove an outage over: a row that nobody can read keeps every end from being told."""
STILL: Final = timedelta(hours=12)
"""A list with outages in it that has stood still for so long may be a source that has stopped; five and a half hours were seen."""
MOST_WORDS: Final = 1_000
"""Words that are not known are told up to so many; more than anybody reads."""
TAKEN: Final = frozenset({"list-good", "list-partly-unreadable", "list-cut-off", "list-not-believed"})


class SilentLog:
    """Says nothing."""

    def info(self, event: str, **values: object) -> None:
        """Not said."""

    warning = error = info


class ListWatch:
    """What stands in question is a line of the log when it begins, a remark of the health page while it lasts, and a metric."""

    def __init__(self, file: FeedFile, clock: Clock, telemetry: FeedTelemetry, health: Health, log: Any) -> None:
        self._file, self._clock, self._telemetry, self._health, self._log = file, clock, telemetry, health, log
        self._body: bytes | None = None
        self._same_since = clock.now()
        self._words: set[tuple[str, str]] = set()
        self._proof_since: datetime | None = None
        self._remarked: dict[str, object] = {}

    def heard(self, fetched: FetchedList, taken: ListResult) -> str:
        """A list came; returns what became of it: the reason under which it is counted."""
        feed = self._file.feed
        outcome = next((name for name in taken.counts if name in TAKEN), taken.refused or "")
        self._telemetry.polled(outcome)
        proves = feed.last_proof_at == taken.at
        self._telemetry.taken(taken, len(feed.open_outages()), self._clock.wall(), proves=proves)
        if taken.refused is None:
            self._log.info(
                "list taken",
                outcome=outcome,
                unchanged=fetched.unchanged,
                rows=taken.counts.get("rows", 0),
                unreadable=taken.counts.get("row-unreadable", 0),
                row=taken.unreadable,
                open=len(feed.open_outages()),
                facts=facts_by_type(taken.events),
            )
            self._health.remark("list", None)
        else:
            self._log.warning("list refused", reason=taken.refused, bytes=len(fetched.body), row=taken.unreadable)
            self._health.remark("list", f"the last list was refused: {taken.refused}")
        self._blind(taken)
        self._still(fetched)
        self._vanished(taken.vanished)
        self._unknown(taken)
        return outcome

    def _blind(self, taken: ListResult) -> None:
        feed = self._file.feed
        since = self._proof_since = feed.last_proof_at or self._proof_since or taken.at
        lasts = taken.vanished is None and taken.at - since >= BLIND and bool(feed.open_outages())
        words = (
            f"no list since {since:%Y-%m-%d %H:%M} UTC could prove an outage over, so none is told to be. "
            f"{taken.unreadable or 'Lists were cut off or refused.'}"
        )
        if self._begins("blind", words if lasts else None, since):
            self._log.error("no end can be told", why=words)

    def _still(self, fetched: FetchedList) -> None:
        if fetched.body != self._body:
            self._body, self._same_since = fetched.body, fetched.at
            self._telemetry.changed(self._clock.wall())
        same = fetched.at - self._same_since
        lasts = same >= STILL and bool(self._file.feed.open_outages())
        words = f"the list has not changed for {same.total_seconds() / 3600:.0f} h: look whether its source still lives"
        if self._begins("still", words if lasts else None, self._same_since):
            self._log.warning("list stands still", why=words)

    def _vanished(self, question: VanishedOutages | None) -> None:
        words = (
            None
            if question is None
            else (
                f"the list of {question.since:%Y-%m-%d %H:%M} UTC names {question.listed}, the one before named "
                f"{question.before}: {len(question.names)} were gone at once, and nobody is told that power is back. "
                f"If it is true: outagectl poll --believe --state {self._file.path}"
            )
        )
        if self._begins("vanished", words, question) and question is not None:
            self._log.error("list not believed", why=words, gone=[*question.names[:20]])

    def _unknown(self, taken: ListResult) -> None:
        """A word is told once a run: somebody teaches it to the reader."""
        for name, word in dict.fromkeys(taken.unknown):
            if (name, word) not in self._words and len(self._words) < MOST_WORDS:
                self._words.add((name, word))
                self._log.warning("word not known", field=name, word=word)

    def _begins(self, name: str, words: str | None, about: object) -> bool:
        """Whether what `words` say is new; None: there is nothing to say. `about`: what it is one and the same thing with."""
        self._health.remark(name, words)
        if words is None:
            self._remarked.pop(name, None)
            return False
        new = self._remarked.get(name) != about
        self._remarked[name] = about
        return new
