"""The index of the look-up: every public name of a place of an open outage or a notice in force, and what holds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct, field

from services.board.domain.public import Board, PublicNotice, PublicOutage, PublicPlaces
from services.board.snapshot.form import LOOKUP, Page
from services.places.names import forms

FORM: Final = 1


class LookupIndex(Struct, frozen=True, kw_only=True):
    """As it lies in a snapshot. Two long texts instead of thousands of short ones: a front reads it in a moment."""

    names: str = ""
    """Normal forms (services/places/names.py) in order, a line each."""

    written: str = ""
    """The same names as they are written, a line each."""

    found: tuple[tuple[int, ...], ...] = ()
    """For each name the places in `things` of what holds it, those to be shown first first."""

    things: tuple[str, ...] = ()
    """mRIDs: what is off first, the newest first; then notices, the nearest first."""

    points: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Usage points as keyed digests in hexadecimal; a snapshot never holds one in clear."""

    salt: str = ""
    """The key of these digests, in hexadecimal."""

    form: int = FORM


def index_of(board: Board) -> LookupIndex:
    """The index of what is open and in force."""
    things = _things(board)
    found: dict[str, set[int]] = defaultdict(set)
    written: dict[str, str] = {}
    for number, (_, places) in enumerate(things):
        names = tuple(_names(places))
        for normal, name in zip(forms(names), names, strict=True):
            if normal:
                found[normal].add(number)
                written.setdefault(normal, name)
    names = tuple(sorted(found))
    points: dict[str, list[int]] = defaultdict(list)
    for number, (mrid, _) in enumerate(things):
        for digest in board.points.get(mrid, ()):
            points[digest.hex()].append(number)
    return LookupIndex(
        names="\n".join(names),
        written="\n".join(" ".join(written[name].split()) for name in names),
        found=tuple(tuple(sorted(found[name])) for name in names),
        things=tuple(mrid for mrid, _ in things),
        points={digest: tuple(points[digest]) for digest in sorted(points)},
        salt=board.salt.hex(),
    )


def lookup_page(board: Board) -> Mapping[str, Page]:
    """The index as a part of a snapshot."""
    body = msgspec.json.encode(index_of(board), order="deterministic")
    return {LOOKUP: Page(body=body, content_type="application/json")}


def _things(board: Board) -> list[tuple[str, PublicPlaces]]:
    """What can be found, in the order in which it is shown. A notice whose outage is open is found as that.

    By the places of both: who says that work has begun may name the line alone, and people ask for their street.
    """
    open_ones = [one for one in board.outages if one.is_open and one.joined_into is None]
    off = {one.mrid for one in open_ones} | {one.notice_of for one in open_ones if one.notice_of}
    ahead = [one for one in board.notices if one.state == "in-force" and one.mrid not in off]
    notices = {one.mrid: one.now.places for one in board.notices if one.state == "in-force"}
    found = [
        (one.mrid, _both(one.places, notices.get(one.notice_of or one.mrid)))
        for one in sorted(open_ones, key=_newest_first)
    ]
    return found + [(one.mrid, one.now.places) for one in sorted(ahead, key=_nearest_first)]


def _both(places: PublicPlaces, noticed: PublicPlaces | None) -> PublicPlaces:
    if noticed is None:
        return places
    return PublicPlaces(
        areas=(*places.areas, *noticed.areas),
        districts=(*places.districts, *noticed.districts),
        lines=(*places.lines, *noticed.lines),
        transformers=(*places.transformers, *noticed.transformers),
    )


def _newest_first(outage: PublicOutage) -> tuple[float, str]:
    return -(outage.began_at or outage.changed_at).timestamp(), outage.mrid


def _nearest_first(notice: PublicNotice) -> tuple[float, str]:
    return notice.now.starts_at.timestamp(), notice.mrid


def _names(places: PublicPlaces) -> Iterable[str]:
    yield from places.areas
    yield from places.districts
    yield from places.lines
    yield from places.transformers
