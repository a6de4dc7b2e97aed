"""The board as JSON, in our own words: what the pages show, no more and no less. Its schema stands beside it.

A change that a reader could stumble over is another path (/api/v2/…); a field that is new is not.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from services.board.domain.public import Board, PublicNotice, PublicOutage, PublicScheme
from services.board.feeds.naming import host_of
from services.board.utility import Utility

TYPE: Final = "application/json"
PATH: Final = "/api/v1/outages.json"
SCHEMA_PATH: Final = "/api/v1/outages.schema.json"


class BoardListing(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Everything that the board shows of outages and notices. Up to when its facts are known: /api/v1/version.json."""

    publisher: str
    """The board's host."""

    hotline: str
    zone: str
    outages: tuple[PublicOutage, ...]
    notices: tuple[PublicNotice, ...]
    scheme: PublicScheme | None = None


def listing(board: Board, utility: Utility) -> bytes:
    """The whole board."""
    made = BoardListing(
        publisher=host_of(utility),
        hotline=utility.hotline,
        zone=board.zone,
        outages=board.outages,
        notices=board.notices,
        scheme=board.scheme,
    )
    return msgspec.json.encode(made)


def schema(utility: Utility) -> bytes:
    """Its JSON Schema (2020-12)."""
    made: dict[str, Any] = msgspec.json.schema(BoardListing)
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": utility.at(SCHEMA_PATH), **made}
    return msgspec.json.format(msgspec.json.encode(named), indent=1)
