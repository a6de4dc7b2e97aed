"""Name things for machines: the board's host, ids that never change, instants as each format wants them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from services.board.utility import Utility

TAGGED: Final = "2026"
"""The year from which our tag: URIs are minted (RFC 4151); it never changes."""


def host_of(utility: Utility) -> str:
    """The host of the board's public address: whoever reads our ids can find us."""
    return urlsplit(utility.public_url).hostname or "localhost"


def tag(utility: Utility, kind: str, name: str) -> str:
    """An id for ever, e.g. tag:outages.example.com,2026:notice/DJ-P-0310."""
    return f"tag:{host_of(utility)},{TAGGED}:{kind}/{name}"


def zulu(instant: datetime) -> str:
    """2026-03-05T01:12:00Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def zulu_or_none(instant: datetime | None) -> str | None:
    """The same, where there may be none."""
    return zulu(instant) if instant is not None else None


def offset(instant: datetime) -> str:
    """2026-03-05T01:12:00+00:00: CAP knows no Z (its schema, dateTime with a numeric offset)."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")
