"""Make what the public may read of a notice from the rows of the planner's read model `notice`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, json

from services.board.domain.public import NoticeState, Outcome, PublicNotice, PublicVersion
from services.board.reading.names import OBLIGED, PublicNames, SaidPlaces
from services.places import cleaned
from services.wording.notice_digest import digest_of_words

_names = json.Decoder(tuple[str, ...]).decode
_texts = json.Decoder(dict[str, str]).decode


class NoticeTextRow(Struct, frozen=True, kw_only=True):
    """One row of the read model, decoded: a text that was published."""

    notice_id: str
    mrid: str
    version: int
    position: int
    changed_at: datetime
    outage_class: Literal["planned", "temporary", "curtailment"]
    published_at: datetime
    starts_at: datetime
    ends_at: datetime
    places: SaidPlaces
    points: tuple[str, ...]
    """Usage points while it is in force: for the look-up by number, and for nothing that is shown."""
    reason: str | None
    safety_cut: bool
    change: Literal["narrowed", "moved", "changed", "restored"] | None
    text: Mapping[str, str]
    state: NoticeState
    ended_at: datetime | None
    because: str | None
    outcome: Outcome | None
    started_at: datetime | None
    restored_at: datetime | None
    end_text: Mapping[str, str]


class SchemeOrder(Struct, frozen=True):
    """For which step of which scheme load was ordered to be shed."""

    scheme_id: str
    step: int | None


def text_row(row: Any) -> NoticeTextRow:
    """A row as the database gives it."""

    def named(column: str) -> tuple[str, ...]:
        return _names(row[column]) if row[column] else ()

    return NoticeTextRow(
        **{name: row[name] for name in _AS_THEY_ARE},
        places=SaidPlaces(named("lines"), named("areas"), named("transformers")),
        points=named("usage_points"),
        safety_cut=bool(row["safety_cut"]),
        text=_texts(row["text"]) if row["text"] else {},
        end_text=_texts(row["end_text"]) if row["end_text"] else {},
    )


_AS_THEY_ARE = (
    *("notice_id", "mrid", "version", "position", "changed_at", "outage_class", "published_at", "starts_at", "ends_at"),
    *("reason", "change", "state", "ended_at", "because", "outcome", "started_at", "restored_at"),
)


def by_outage(rows: Iterable[NoticeTextRow]) -> dict[str, tuple[NoticeTextRow, ...]]:
    """The texts of each outage, oldest first."""
    found: dict[str, list[NoticeTextRow]] = {}
    for row in rows:
        found.setdefault(row.mrid, []).append(row)
    return {mrid: tuple(sorted(texts, key=lambda one: one.version)) for mrid, texts in found.items()}


def places_of(texts: Sequence[NoticeTextRow]) -> Iterator[SaidPlaces]:
    """All that they name."""
    return (one.places for one in texts)


def points_of(texts: Sequence[NoticeTextRow]) -> tuple[str, ...]:
    """The usage points of the text in force."""
    return tuple(point for one in texts if one.state == "in-force" for point in one.points)


def public_notice(texts: Sequence[NoticeTextRow], names: PublicNames, order: SchemeOrder | None) -> PublicNotice:
    """What the public may read of the notice of one outage; `texts`: all of it, oldest first."""
    last = texts[-1]
    return PublicNotice(
        mrid=last.mrid,
        outage_class=last.outage_class,
        state=last.state,
        versions=tuple(_version(one, names) for one in texts),
        withdrawn_at=last.ended_at if last.state == "withdrawn" else None,
        withdrawn_because=last.because if last.state == "withdrawn" else None,
        outcome=last.outcome,
        started_at=last.started_at,
        restored_at=last.restored_at,
        end_text=_shown(last.end_text, last, names),
        scheme_id=order.scheme_id if order is not None else None,
        scheme_step=order.step if order is not None else None,
        changed_at=max(one.changed_at for one in texts),
    )


def _version(one: NoticeTextRow, names: PublicNames) -> PublicVersion:
    places = one.places
    return PublicVersion(
        notice_id=one.notice_id,
        version=one.version,
        published_at=one.published_at,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        places=names.places(places, as_written=one.outage_class in OBLIGED),
        reason=cleaned(one.reason or "") or None,
        safety_cut=one.safety_cut,
        change=one.change,
        text=_shown(one.text, one, names),
        digest=digest_of_words(
            notice_id=one.notice_id,
            outage_class=one.outage_class,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            areas=places.named("areas"),
            lines=places.named("lines"),
            transformers=places.named("transformers"),
            reason=one.reason,
            text=one.text,
        ),
    )


def _shown(text: Mapping[str, str], one: NoticeTextRow, names: PublicNames) -> dict[str, str]:
    """A text line by line, of characters that show; an order to shed load names nobody's own line."""
    shown: dict[str, str] = {}
    for language, words in text.items():
        clean = "\n".join(cleaned(line) for line in words.split("\n"))
        shown[language] = clean if one.outage_class in OBLIGED else names.in_text(clean, one.places)
    return shown
