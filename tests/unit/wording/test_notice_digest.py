"""The digest of a notice's words: the same wherever it is taken, another one for other words."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent, Period
from schemas.contracts.notices import NoticeAmended, NoticePublished
from services.wording.notice_digest import digest_of_words, notice_digest

START = datetime(2026, 3, 12, 5, tzinfo=UTC)
NOTICE = NoticePublished(
    mrid="DJ-P-0310",
    notice_id="DJ-P-0310/1",
    revision_number=1,
    version=1,
    outage_class="planned",
    published_at=datetime(2026, 3, 3, 1, tzinfo=UTC),
    planned_period=Period(start=START, end=START + timedelta(hours=3)),
    extent=Extent(
        lines=("10千伏江滨线",), areas=("江滨路一带",), transformers=("江滨路1号公变",), usage_points=("UP-1",)
    ),
    reason="更换开关",
    text={"zh-CN": "停电时间:2026年3月12日13:00至16:00", "en": "Time: 2026-03-12 13:00 to 16:00"},
)


def changed(**fields: Any) -> NoticePublished:
    return msgspec.structs.replace(NOTICE, **fields)


def test_the_form_is_fixed_for_ever() -> None:
    assert notice_digest(NOTICE) == "70417ff79dd8a1e4f0610569074ffa99e7ab75e380aa9fbbb44ea0e08edee3df"


def test_a_notice_that_travelled_and_was_stored_has_the_digest_that_it_had() -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(NOTICE), type=STRUCTS["notice.published.v1"])
    assert notice_digest(travelled) == notice_digest(NOTICE)


def test_an_instant_is_one_in_whatever_zone_it_is_written() -> None:
    zone = timezone(timedelta(hours=8))
    period = Period(start=START.astimezone(zone), end=NOTICE.planned_period.end.astimezone(zone))
    assert notice_digest(changed(planned_period=period)) == notice_digest(NOTICE)


def test_who_reads_its_parts_in_a_table_comes_to_the_same() -> None:
    parts = digest_of_words(
        notice_id="DJ-P-0310/1",
        outage_class="planned",
        starts_at=START,
        ends_at=START + timedelta(hours=3),
        areas=["江滨路一带"],
        lines=["10千伏江滨线"],
        transformers=["江滨路1号公变"],
        reason="更换开关",
        text=dict(reversed(NOTICE.text.items())),
    )
    assert parts == notice_digest(NOTICE)


@pytest.mark.parametrize(
    "fields",
    [
        {"notice_id": "DJ-P-0310/2"},
        {"outage_class": "temporary"},
        {"planned_period": Period(start=START, end=START + timedelta(hours=4))},
        {"extent": Extent(lines=("10千伏城东线",), areas=("江滨路一带",), transformers=("江滨路1号公变",))},
        {"extent": Extent(lines=("10千伏江滨线", "江滨路一带"), transformers=("江滨路1号公变",))},
        {"reason": None},
        {"text": {**NOTICE.text, "en": "Time: 2026-03-12 13:00 to 17:00"}},
        {"text": {"zh-CN": NOTICE.text["zh-CN"]}},
    ],
    ids=str,
)
def test_other_words_have_another_digest(fields: dict[str, Any]) -> None:
    assert notice_digest(changed(**fields)) != notice_digest(NOTICE)


def test_what_is_not_public_is_not_in_it() -> None:
    extent = msgspec.structs.replace(
        NOTICE.extent, usage_points=("UP-2", "UP-3"), customers_affected=3, nominal_voltage=10
    )
    hidden = changed(extent=extent, inform_by=START, revision_number=7)
    assert notice_digest(hidden) == notice_digest(NOTICE)


def test_an_amended_notice_is_told_from_the_first_by_its_id() -> None:
    fields = {name: getattr(NOTICE, name) for name in NOTICE.__struct_fields__}
    amended = NoticeAmended(
        **{**fields, "notice_id": "DJ-P-0310/2", "version": 2},
        supersedes=NOTICE.notice_id,
        previous_period=NOTICE.planned_period,
        change="changed",
    )
    assert notice_digest(amended) != notice_digest(NOTICE)
