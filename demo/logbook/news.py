"""Read what is new in the services' logs, the quarantine and the handsets since last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from devstack.twilio.kept.phones import Received, read_handsets
from operations.history.history import HistoryEntry
from operations.system.database import Connection

EVENTS = """
select stream_id, version, event_id, type, data, reason, cause, decided_at, chain, position
from event where position > $1 order by position
"""
SET_ASIDE = "select quarantine_id, source, id, type, reason, detail, at from quarantine order by at, quarantine_id"


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that a service put into quarantine."""

    service: str
    at: datetime
    named: str
    reason: str
    detail: str


@dataclass(slots=True)
class News:
    """What is new since the last look."""

    entries: list[HistoryEntry] = field(default_factory=list)
    texts: list[Received] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.entries or self.texts or self.set_aside)


class Sources:
    """Where the news comes from. Remembers how far it has read; keeps all it has read for the tables at the end."""

    def __init__(self, logs: Mapping[str, Connection], phones: Iterable[Path]) -> None:
        """`phones`: the folders of the simulated providers."""
        self._logs = logs
        self._held = dict.fromkeys(phones, 0)
        self._positions = dict.fromkeys(logs, 0)
        self._seen: set[tuple[str, str]] = set()
        self.all = News()

    async def news(self, *, without: str | None = None) -> News:
        """What came since the last call. `without` a service (and the phones): that is left for the next one."""
        new = News()
        for name, log in self._logs.items():
            if name == without:
                continue
            rows = await log.fetch(EVENTS, self._positions[name])
            new.entries += [HistoryEntry.of(name, row) for row in rows]
            if rows:
                self._positions[name] = rows[-1]["position"]
            for row in await log.fetch(SET_ASIDE):
                key = (name, str(row["quarantine_id"]))
                if key not in self._seen:
                    self._seen.add(key)
                    named = f"{row['source']}/{row['id']} ({row['type']})"
                    new.set_aside.append(SetAside(name, row["at"], named, row["reason"], row["detail"]))
        if without is None:
            for folder, seen in self._held.items():
                held = read_handsets(folder)
                new.texts += held[seen:]
                self._held[folder] = len(held)
        self.all.entries += new.entries
        self.all.texts += new.texts
        self.all.set_aside += new.set_aside
        return new
