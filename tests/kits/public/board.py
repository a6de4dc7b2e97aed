"""A board with one notice in its second version, and its page."""

from datetime import UTC, date, datetime, timedelta

from services.board.domain.public import Board, PublicNotice, PublicPlaces, PublicVersion

NOW = datetime(2026, 3, 5, 1, tzinfo=UTC)


def board(mrid: str, first: str, second: str) -> Board:
    """`first`, `second`: the digests of its versions."""
    starts = NOW + timedelta(days=8)
    versions = tuple(
        PublicVersion(
            notice_id=f"{mrid}/{number}",
            version=number,
            published_at=NOW - timedelta(days=1),
            starts_at=starts,
            ends_at=starts + timedelta(hours=9),
            places=PublicPlaces(areas=("中山路一带",)),
            digest=digest,
        )
        for number, digest in enumerate((first, second), start=1)
    )
    notice = PublicNotice(mrid=mrid, outage_class="planned", state="in-force", versions=versions, changed_at=NOW)
    return Board(as_of=NOW, zone="Asia/Shanghai", today=date(2026, 3, 5), notices=(notice,))


def page(digest: str) -> str:
    """What its page says that it shows."""
    return f'<!doctype html><html><head><meta name="notice-digest" content="{digest}"></head><body></body></html>'
