"""What is kept between rounds: nothing that is over, and nothing beyond what the database has."""

from datetime import UTC, datetime, timedelta

import msgspec

from services.board.reading.kept import KeptRows
from services.board.reading.names import NOWHERE, Nameless
from services.board.reading.notices import NoticeTextRow
from services.board.reading.outages import SeenOutage, seen_outage

NOW = datetime(2026, 3, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def seen(mrid: str, position: int, *, is_open: bool = True, ended_at: datetime | None = None) -> SeenOutage:
    said = {"status": "confirmed" if is_open else "restored", "outageClass": "planned", "restoredAt": ended_at}
    return seen_outage(
        {
            "mrid": mrid,
            "position": position,
            "changed_at": NOW,
            "is_open": is_open,
            "ended_at": ended_at,
            "said": msgspec.json.encode(said).decode(),
            "usage_points": None,
        }
    )


def text(mrid: str, position: int, ended_at: datetime | None = None) -> NoticeTextRow:
    return NoticeTextRow(
        notice_id=f"{mrid}/1",
        mrid=mrid,
        version=1,
        position=position,
        changed_at=NOW,
        outage_class="planned",
        published_at=NOW,
        starts_at=NOW,
        ends_at=NOW + HOUR,
        places=NOWHERE,
        points=(),
        reason=None,
        safety_cut=False,
        change=None,
        text={},
        state="closed" if ended_at else "in-force",
        ended_at=ended_at,
        because=None,
        outcome=None,
        started_at=None,
        restored_at=None,
        end_text={},
    )


def kept() -> KeptRows:
    return KeptRows(b"s" * 32, Nameless())


def test_an_outage_that_is_over_is_forgotten_though_its_notice_is_kept_a_little_longer() -> None:
    rows = kept()
    rows.replace([seen("P-1", 1, is_open=False, ended_at=NOW)], [text("P-1", 1, NOW + HOUR)])
    rows.make()
    assert [one.mrid for one in rows.outages()] == ["P-1"]
    rows.replace([], [text("P-1", 1, NOW + HOUR)])
    rows.forget(NOW + HOUR / 2)
    rows.make()
    assert rows.outages() == ()
    assert [one.mrid for one in rows.notices()] == ["P-1"]
    rows.replace([], [])
    rows.make()
    assert (rows.outages(), rows.notices()) == ((), ())


def test_where_a_database_went_back_what_comes_after_is_asked_from_its_own_end() -> None:
    rows = kept()
    rows.replace([seen("P-1", 1_000)], [text("P-1", 900)])
    rows.replace([seen("P-1", 400)], [text("P-1", 300)])
    assert (rows.outages_up_to, rows.notices_up_to) == (400, 300)
