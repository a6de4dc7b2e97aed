"""Outages at a telecom operator's own sites (3GPP TS 28.318, OutageAndRecoveryInfo): per operator, by its token, never public.

A site is told of by the name under which the operator knows its supply, and by nothing that others could not know.

    [operator.east-mobile]                         # as in the front's file, which has its token's sha256
    sites = { "UP-DJ-0417" = "site-0417" }         # our usage point → its energySupplyId

This file names usage points, so it is the renderer's alone; a front has only what is made of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from services.board.domain.points import point_digest
from services.board.domain.public import Board, PublicNotice, PublicOutage
from services.board.feeds.naming import zulu, zulu_or_none

TYPE: Final = "application/json"

OperatorName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
SiteName = Annotated[str, Meta(min_length=1, max_length=200)]


class SitesFileError(ValueError):
    """The file is wrong; the message names it and what is wrong there."""


class OwnSites(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sites of one operator: usage point → the name under which it knows its supply."""

    sites: Mapping[str, SiteName]


class SitesFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sites of all."""

    operator: Mapping[OperatorName, OwnSites] = field(default_factory=dict)


def read_sites(path: Path) -> SitesFile:
    """The sites of a file.

    Raises:
        SitesFileError: it cannot be read, or says something else than it must.

    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=SitesFile)
    except (OSError, msgspec.DecodeError) as error:
        raise SitesFileError(f"{path}: {error}: see the head of services/board/feeds/telecom.py") from error


class Holders(NamedTuple):
    """What holds a usage point."""

    outage: PublicOutage | None
    notice: PublicNotice | None


def by_point(board: Board) -> Mapping[bytes, Sequence[Holders]]:
    """What holds each usage point, by its digest and in the order of mRIDs: asked once for all operators."""
    outages = {one.mrid: one for one in board.outages}
    notices = {one.mrid: one for one in board.notices}
    found: dict[bytes, list[Holders]] = defaultdict(list)
    for mrid, points in sorted(board.points.items()):
        holders = Holders(outages.get(mrid), notices.get(mrid))
        for point in points:
            found[point].append(holders)
    return found


def own_sites(board: Board, held: Mapping[bytes, Sequence[Holders]], operator: OwnSites) -> bytes:
    """What is off, or will be, at the operator's sites. `held`: by_point of the board."""
    found: list[dict[str, Any]] = []
    for point, site in sorted(operator.sites.items()):
        for outage, notice in held.get(point_digest(point, board.salt), ()):
            if outage is not None and _is_certain(outage) and outage.began_at is not None:
                expected = zulu_or_none(outage.expected_at)
                found.append(_info(site, zulu(outage.began_at), expected, outage.places.areas))
            elif notice is not None and notice.state == "in-force":
                now = notice.now
                found.append(_info(site, zulu(now.starts_at), zulu(now.ends_at), now.places.areas))
    return msgspec.json.encode({"outageAndRecoveryInfo": found})


def _is_certain(outage: PublicOutage) -> bool:
    """The format has no word for a guess: what is being verified, or perhaps back, is not told."""
    return outage.status in ("confirmed", "partly-restored") and outage.perhaps_back_since is None


def _info(site: str, start: str, end: str | None, areas: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"energySupplyId": site, "outageStartTime": start, "outageArea": list(areas)}
    if end is not None:
        told["expectedOutageEndTime"] = end
    return told
