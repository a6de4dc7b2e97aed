"""Order what is listed, cut it into pages of fifty, and group it by district and day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from services.board.domain.public import Board, PublicNotice, PublicOutage
from services.board.pages.saying import Total, now_off, total_of

ROWS: Final = 50
"""Rows of a page: few enough for a weak connection, many enough for an ordinary day."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """Which of several pages this is, and the paths of its neighbours."""

    page: int = 1
    count: int = 1
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """The outages of one district; its name is empty where none is known."""

    name: str
    path: str
    outages: tuple[PublicOutage, ...]
    total: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The notices of one day."""

    date: date
    path: str
    count: int
    notices: tuple[PublicNotice, ...]


def open_ones(board: Board) -> tuple[PublicOutage, ...]:
    """Outages that are not over, those of most customers first, then the newest."""
    there = (one for one in board.outages if one.is_open)
    return tuple(sorted(there, key=lambda one: (-(now_off(one.count) or 0), -_stamp(one.began_at), one.mrid)))


def ahead(board: Board) -> tuple[PublicNotice, ...]:
    """Notices in force, and those withdrawn whose time is still to come: nothing vanishes before it would have been."""
    there = (
        one
        for one in board.notices
        if one.state == "in-force" or (one.state == "withdrawn" and one.now.ends_at > board.as_of)
    )
    return tuple(sorted(there, key=lambda one: (one.now.starts_at, one.mrid)))


def over(board: Board) -> tuple[PublicOutage | PublicNotice, ...]:
    """What ended, the newest first: outages, and notices of which no outage is listed."""
    ended: list[PublicOutage | PublicNotice] = [one for one in board.outages if one.status in ("restored", "withdrawn")]
    listed = {one.mrid for one in ended}
    ended.extend(
        one
        for one in board.notices
        if (one.state == "closed" or (one.state == "withdrawn" and one.now.ends_at <= board.as_of))
        and one.mrid not in listed
    )
    return tuple(sorted(ended, key=lambda one: (-_stamp(ended_at(one)), one.mrid)))


def ended_at(one: PublicOutage | PublicNotice) -> datetime:
    """When it ended, as far as that is known."""
    return one.restored_at or (one.withdrawn_at if isinstance(one, PublicNotice) else None) or one.changed_at


def by_district(outages: Iterable[PublicOutage]) -> tuple[District, ...]:
    """The districts that have any, most outages first; an outage stands in each district that it names."""
    found: dict[str, list[PublicOutage]] = {}
    for outage in outages:
        for name in outage.places.districts or outage.places.areas[:1] or ("",):
            found.setdefault(name, []).append(outage)
    paths = _paths("/now/", found)
    made = (District(name=name, path=paths[name], outages=tuple(of), total=total_of(of)) for name, of in found.items())
    return tuple(sorted(made, key=lambda one: (not one.name, -one.total.outages, one.name)))


def by_day(notices: Iterable[PublicNotice], zone: ZoneInfo) -> tuple[Day, ...]:
    """The days on which work begins, in their order."""
    found: dict[date, list[PublicNotice]] = {}
    for notice in notices:
        found.setdefault(notice.now.starts_at.astimezone(zone).date(), []).append(notice)
    return tuple(
        Day(date=day, path=f"/planned/{day.isoformat()}", count=len(of), notices=tuple(of))
        for day, of in sorted(found.items())
    )


def paged(rows: Sequence[Row], path: str) -> list[tuple[str, tuple[Row, ...], Numbered]]:
    """Pages of fifty with their paths: `path`, `path/2` …; an empty list is one empty page."""
    parts = [tuple(rows[first : first + ROWS]) for first in range(0, len(rows), ROWS)] or [()]
    paths = [path if number == 1 else f"{path}/{number}" for number in range(1, len(parts) + 1)]
    return [
        (
            paths[index],
            part,
            Numbered(
                page=index + 1,
                count=len(parts),
                before=paths[index - 1] if index else None,
                after=paths[index + 1] if index + 1 < len(parts) else None,
            ),
        )
        for index, part in enumerate(parts)
    ]


def _paths(prefix: str, names: Iterable[str]) -> Mapping[str, str]:
    """A path for each name, readable where it can be, and never the same twice."""
    made: dict[str, str] = {}
    for name in sorted(names):
        plain = re.sub(r"[^\w-]+", "-", name).strip("-")[:40]
        if not plain or plain != name or plain.isdigit():
            mark = blake2b(name.encode(), digest_size=4).hexdigest()
            plain = f"{plain}-{mark}" if plain else f"d-{mark}"
        made[name] = prefix + plain
    return made


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
