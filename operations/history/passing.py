"""Find promises that were made and taken over in one breath.

A fault whose first report comes with its start has the report's clock, and the one for faults that nobody reports says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from schemas.contracts.promises import PromiseMade, PromiseVoided
from services.restorer.domain.owed.asked import TAKEN_OVER

ONE_BREATH: Final = timedelta(minutes=1)


def in_passing(entries: Iterable[HistoryEntry]) -> frozenset[str]:
    """Ids of promises that nobody need read of: another had their place before anybody could do anything about them."""
    made: dict[str, datetime] = {}
    found: set[str] = set()
    for entry in entries:
        if not entry.type.startswith("promise."):
            continue
        said = decoded(entry.type, entry.data)
        if isinstance(said, PromiseMade):
            made[said.promise_id] = entry.at
        elif isinstance(said, PromiseVoided) and said.reason == TAKEN_OVER:
            since = made.get(said.promise_id)
            if since is not None and entry.at - since <= ONE_BREATH:
                found.add(said.promise_id)
    return frozenset(found)
