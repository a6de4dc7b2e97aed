"""The read model of notices, folded without a database: however the log is cut into batches, the rows end alike."""

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.notices import TYPES
from schemas.golden.notices import EXAMPLES
from services.kernel.reading.projections import LogReader, Recorded
from services.readmodels.notices import AMENDED, CLOSED, PUBLISHED, WITHDRAWN, NoticeRow, NoticeRows
from tests.kits.kernel.toy import START

MODEL = NoticeRows()
READING = LogReader(MODEL)
PERIOD = {"start": "2026-03-12T00:00:00Z", "end": "2026-03-12T09:00:00Z"}
EXTENT = {"lines": ["10千伏城东线"], "areas": ["中山路一带"], "usagePoints": ["UP-1"], "customersAffected": 7}


def said(version: int, **more: Any) -> dict[str, Any]:
    about = {"mRID": "P-1", "noticeId": f"P-1/{version}", "version": version, "revisionNumber": version}
    body = {"outageClass": "planned", "publishedAt": "2026-03-02T01:00:00Z", "plannedPeriod": PERIOD, "extent": EXTENT}
    return {**about, **body, "text": {"en": f"text {version}"}, **more}


def amended(version: int, **more: Any) -> dict[str, Any]:
    return said(version, supersedes=f"P-1/{version - 1}", previousPeriod=PERIOD, change="moved", **more)


def withdrawn(version: int) -> dict[str, Any]:
    about = {"mRID": "P-1", "noticeId": f"P-1/{version}", "version": version, "plannedPeriod": PERIOD}
    return {**about, "withdrawnAt": "2026-03-04T01:00:00Z", "reason": "cancelled", "explanation": "private words"}


def closed(version: int, **more: Any) -> dict[str, Any]:
    about = {"mRID": "P-1", "noticeId": f"P-1/{version}", "version": version, "noticedPeriod": PERIOD}
    return {**about, "closedAt": "2026-03-12T10:00:00Z", "outcome": "carried-out", **more}


def recorded(*words: tuple[str, dict[str, Any]]) -> list[Recorded]:
    return READING.events(
        (n, "outage/P-1", kind, msgspec.json.encode(data).decode(), START + timedelta(minutes=n))
        for n, (kind, data) in enumerate(words, 1)
    )


def rows(*words: tuple[str, dict[str, Any]]) -> dict[str, NoticeRow]:
    return {row.notice_id: row for row in MODEL.fold(recorded(*words))}


def test_every_word_that_is_published_of_a_notice_and_that_the_public_reads_is_read() -> None:
    assert set(MODEL.reads) == {PUBLISHED, AMENDED, WITHDRAWN, CLOSED} <= set(TYPES)
    for example in EXAMPLES:
        if example.type in MODEL.reads:
            contract = msgspec.convert(example.data, TYPES[example.type])
            assert contract.notice_id in rows((example.type, example.data))  # type: ignore[attr-defined]


def test_a_row_names_every_column() -> None:
    assert tuple(MODEL.columns) == NoticeRow.__struct_fields__
    for name in MODEL.columns:
        assert f"\n  {name} " in MODEL.ddl
        assert f"{name} " in MODEL.source
        assert name in {"notice_id", "mrid"} or f"  {name} = " in MODEL.put


def test_a_notice_in_force_that_is_amended_gives_way_to_the_next() -> None:
    found = rows((PUBLISHED, said(1)), (AMENDED, amended(2)))
    assert [(row.state, row.change) for row in found.values()] == [("superseded", None), ("in-force", "moved")]
    assert found["P-1/1"].position == found["P-1/2"].position == 2, "both changed"


def test_usage_points_are_kept_while_it_is_in_force_and_no_longer() -> None:
    assert rows((PUBLISHED, said(1)))["P-1/1"].usage_points == ("UP-1",)
    for last in ((AMENDED, amended(2)), (WITHDRAWN, withdrawn(1)), (CLOSED, closed(1))):
        assert rows((PUBLISHED, said(1)), last)["P-1/1"].usage_points is None


def test_a_withdrawn_notice_has_its_named_reason_and_not_dispatchs_words() -> None:
    (row,) = rows((PUBLISHED, said(1)), (WITHDRAWN, withdrawn(1))).values()
    assert (row.state, row.because, row.ended_at) == ("withdrawn", "cancelled", "2026-03-04T01:00:00Z")
    assert b"private" not in msgspec.json.encode(row)
    assert b"customersAffected" not in msgspec.json.encode(row)


def test_of_two_last_words_the_later_counts_whole() -> None:
    late = closed(1, outcome="not-carried-out")
    (row,) = rows((PUBLISHED, said(1)), (CLOSED, closed(1, restoredAt="2026-03-12T08:40:00Z")), (CLOSED, late)).values()
    assert (row.outcome, row.restored_at) == ("not-carried-out", None), (
        "what the earlier one said is not kept beside it"
    )


_COLUMNS = [name for name in NoticeRow.__struct_fields__ if name not in ("notice_id", "mrid")]
_KEPT_ONCE = {line.split(" = ")[0].strip() for line in MODEL.put.splitlines() if "coalesce({table}." in line}


def put(table: dict[str, NoticeRow], batch: list[NoticeRow]) -> None:
    """As `put` of the SQL merges rows into those that stand."""
    for row in batch:
        stands = table.get(row.notice_id)
        if stands is None:
            table[row.notice_id] = row
            continue
        for name in _COLUMNS:
            kept = getattr(stands, name) if name in _KEPT_ONCE else None
            setattr(stands, name, kept if kept is not None else getattr(row, name))


WORDS = st.lists(st.sampled_from(["amend", "withdraw", "close", "close late", "publish anew"]), max_size=6)


@given(WORDS, st.lists(st.booleans(), min_size=8, max_size=8))
def test_however_the_log_is_cut_into_batches_the_rows_end_alike(words: list[str], cuts: list[bool]) -> None:
    version, told = 1, [(PUBLISHED, said(1))]
    for word in words:
        if word in ("amend", "publish anew"):
            version += 1
            told.append((AMENDED, amended(version)) if word == "amend" else (PUBLISHED, said(version)))
        elif word == "withdraw":
            told.append((WITHDRAWN, withdrawn(version)))
        else:
            told.append((CLOSED, closed(version, **({"startedAt": PERIOD["start"]} if word == "close late" else {}))))
    events = recorded(*told)
    whole = {row.notice_id: row for row in MODEL.fold(events)}
    table: dict[str, NoticeRow] = {}
    batch: list[Recorded] = []
    for event, cut in zip(events, [*cuts, *[True] * len(events)], strict=False):
        batch.append(event)
        if cut:
            put(table, MODEL.fold(batch))
            batch = []
    put(table, MODEL.fold(batch))
    assert table == whole
