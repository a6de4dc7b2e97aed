"""Replay one stream from its stored rows: does its hash chain hold, and which state follows? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import msgspec

from operations.system.database import Row
from services.kernel.model import Event
from services.kernel.streams.log import Log, link
from services.promises import MakesPromises, PromiseRecord


@dataclass(slots=True)
class Replayed:
    """What the log says about one stream."""

    stream_id: str
    version: int = 0
    chain: bytes = b""
    view: str | None = None
    """JSON; None where the stream could not be replayed."""
    timers: dict[str, datetime] = field(default_factory=dict)
    open_promises: list[PromiseRecord] = field(default_factory=list)
    """Those without a verdict."""
    broken_links: list[str] = field(default_factory=list)
    forgotten: Counter[str] = field(default_factory=Counter)
    """By rule, of how many events something was taken out."""
    trouble: str | None = None
    """Why it could not be replayed."""


class Replay:
    """Takes the rows of one stream, oldest first."""

    def __init__(self, stream_id: str, log: Log) -> None:
        self._log = log
        self._decider: Any = None
        self._state: Any = None
        self.result = Replayed(stream_id)
        try:
            self._decider = log.decider(stream_id)
            self._state = self._decider.initial(stream_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the audit must name it and go on
            self.result.trouble = _said(error)

    def add(self, row: Row) -> None:
        """The next row of the stream's log."""
        result = self.result
        version = row["version"]
        if version != result.version + 1:
            result.broken_links.append(f"{result.stream_id} goes from version {result.version} to {version}")
        if row["rest"] is not None:
            # Its hash was over more than is left; the step that took the rest out is judged by itself (log.py).
            result.forgotten[row["rule"]] += 1
            if sha256(row["data"].encode()).digest() != bytes(row["rest"]):
                result.broken_links.append(
                    f"{result.stream_id} version {version}: it is not what was left when it was forgotten"
                )
        elif link(result.chain, stored_event(row), row["data"].encode()) != bytes(row["chain"]):
            result.broken_links.append(f"{result.stream_id} version {version}: the row is not the one that was hashed")
        # Go on from the stored value: one changed row is one fault, not as many as follow it.
        result.version, result.chain = version, bytes(row["chain"])
        if result.trouble is None:
            try:
                self._state = self._decider.evolve(self._state, self._log.stored(cast("Mapping[str, Any]", row)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the audit must name it and go on
                result.trouble = f"version {version}: {_said(error)}"

    def finish(self) -> Replayed:
        """The state that follows, as view and timers."""
        result = self.result
        if result.trouble is None:
            try:
                result.view = msgspec.json.encode(self._decider.view(self._state)).decode()
                result.timers = dict(self._decider.timers(self._state))
                result.open_promises = open_promises(self._decider, self._state)
            except Exception as error:  # noqa: BLE001 - whatever it is, the audit must name it and go on
                result.trouble = _said(error)
        return result


def stored_event(row: Row) -> Event:
    """A row as the chain saw it: the stored type, not a later one; the data's bytes go beside it."""
    return Event(
        stream_id=row["stream_id"],
        version=row["version"],
        event_id=row["event_id"],
        type=row["type"],
        data=None,
        decided_at=row["decided_at"],
        cause=row["cause"],
        reason=row["reason"],
    )


def open_promises(decider: object, state: Any) -> list[PromiseRecord]:
    """The promises of a stream that still wait for their verdict; none where its decider makes none."""
    made = decider.promises_of(state) if isinstance(decider, MakesPromises) else ()
    return [promise for promise in made if promise.standing == "open"]


def view_difference(replayed: str, live: str) -> str:
    """Which parts of two views differ, by name."""
    a, b = msgspec.json.decode(replayed), msgspec.json.decode(live)
    if not isinstance(a, dict) or not isinstance(b, dict):
        return "everything"
    return ", ".join(sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))) or "how it is written"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
