"""The form of a feed's state file, and what to say of one that is damaged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from operations.system.whole_files import BEFORE

FORM = "outage feed"
VERSION = 1


class WaitingFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that Kafka has not acknowledged: a CloudEvent in its JSON form."""

    id: str
    source: str
    type: str
    time: datetime
    data: msgspec.Raw
    specversion: str = "1.0"


class KeptFeed(msgspec.Struct, kw_only=True):
    """The whole file."""

    form: str
    version: int
    feed: msgspec.Raw
    """SnapshotFeed.dump()."""
    waiting: tuple[WaitingFact, ...] = ()


def damaged(path: Path, error: Exception) -> str:
    """What is said of a damaged file: that nothing was done, and the two ways on with what each costs."""
    before = path.with_name(path.name + BEFORE)
    way = f"`cp {before} {path}` goes on from the list before; or " if before.exists() else ""
    return (
        f"{path} is damaged ({error}), so nothing was polled: {way}--fresh begins anew, but outages that were told and "
        "are listed no more will then never be told to be over: name those to dispatch"
    )
