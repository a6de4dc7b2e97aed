"""Name the exact words of a public notice by one digest: whoever decided them and whoever shows them come to the same.

The form is fixed for ever, because digests of what was shown are on record. What the public has no business with (usage points,
counts, whom to inform by when) is not in it, so that it says nothing of them either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from schemas.contracts.notices import Notice

_ENCODER = msgspec.json.Encoder(order="sorted")


def notice_digest(notice: Notice) -> str:
    """The sha256 over what a notice says, in hexadecimal."""
    return digest_of_words(
        notice_id=notice.notice_id,
        outage_class=notice.outage_class,
        starts_at=notice.planned_period.start,
        ends_at=notice.planned_period.end,
        areas=notice.extent.areas,
        lines=notice.extent.lines,
        transformers=notice.extent.transformers,
        reason=notice.reason,
        text=notice.text,
    )


def digest_of_words(
    *,
    notice_id: str,
    outage_class: str,
    starts_at: datetime,
    ends_at: datetime,
    areas: Sequence[str],
    lines: Sequence[str],
    transformers: Sequence[str],
    reason: str | None,
    text: Mapping[str, str],
) -> str:
    """The same for who has its parts: names and texts as they were decided, in that order; instants aware, in any zone."""
    said = {
        "noticeId": notice_id,
        "outageClass": outage_class,
        "start": _instant(starts_at),
        "end": _instant(ends_at),
        "areas": list(areas),
        "lines": list(lines),
        "transformers": list(transformers),
        "reason": reason or "",
        "text": dict(text),
    }
    return hashlib.sha256(_ENCODER.encode(said)).hexdigest()


def _instant(at: datetime) -> str:
    """One spelling for one instant, whatever its zone; to the microsecond, which is what the log and the tables keep."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
