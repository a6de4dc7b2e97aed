"""How promises were kept, as the board reads it of the restorer's statements: what stands of each month."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec import structs

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow, ReasonCount, StatementChange
from tests.kits.deciders.planner import NOW, span
from tests.kits.stack.tables.board import BoardRoom, board_room


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[BoardRoom]:
    async with board_room(postgres, NOW) as made:
        yield made


async def test_of_each_month_the_statement_that_stands_is_shown_without_who_approved_it(room: BoardRoom) -> None:
    rows = (
        FulfilmentRow(
            rule=ruled("cn.notice.7-days"), made=112, kept=112, broken=0, voided=3, corrected=0, asks="提前7天公告"
        ),
        FulfilmentRow(
            rule=ruled("cn.fault.crew-45min", verified=False),
            made=88,
            kept=85,
            broken=2,
            voided=1,
            corrected=1,
            open=1,
            voided_for=(ReasonCount(reason="reopened", count=1),),
            figure=31.5,
            limit=45.0,
            unit="minutes",
            aggregate="average",
            verdict="kept",
        ),
        FulfilmentRow(rule=ruled("cn.hotline.12s"), made=0, kept=0, broken=0, voided=0, corrected=0, measured=False),
    )
    first = FulfilmentPublished(
        statement_id="2026-02/1",
        period=span("2026-02-01 00:00", "2026-03-01 00:00"),
        published_at=NOW,
        rows=rows,
        month="2026-02",
        approved_by="王经理 139",
        rate=98.5,
        target=100.0,
        definitions="承诺兑现率\n定义",
    )
    change = StatementChange(rule_id="cn.fault.crew-45min", figure="kept", was=85.0, now=84.0)
    second = structs.replace(
        first, statement_id="2026-02/2", number=2, corrects="2026-02/1", changes=(change,), rate=97.3
    )
    for one in (first, second, structs.replace(first, statement_id="2026-01/1", month="2026-01")):
        await room.admin.execute(
            "insert into restorer.statement (statement_id, month, number, published_at, data) values ($1, $2, $3, $4, $5::jsonb)",
            *(one.statement_id, one.month, one.number, one.published_at, msgspec.json.encode(one).decode()),
        )
    board = await room.shows()
    assert [one.statement_id for one in board.statements] == ["2026-02/2", "2026-01/1"]
    stands = board.statements[0]
    assert (stands.number, stands.corrects, stands.rate, stands.target) == (2, "2026-02/1", 97.3, 100.0)
    assert stands.changes == (("cn.fault.crew-45min", "kept", 85.0, 84.0),)
    assert stands.definitions == "承诺兑现率\n定义"
    notice_row, crew, hotline = stands.rows
    assert (notice_row.asks, notice_row.rate, notice_row.source) == ("提前7天公告", 100.0, "第2篇 第十条")
    assert (crew.rate, crew.verified, crew.voided_for) == (97.7, False, {"reopened": 1})
    assert (crew.figure, crew.limit, crew.unit, crew.verdict) == (31.5, 45.0, "minutes", "kept")
    assert (hotline.measured, hotline.rate) == (False, None), "never 100 %"
    assert "王经理" not in msgspec.json.encode(board).decode()


def ruled(rule_id: str, *, verified: bool = True) -> RuleRef:
    return RuleRef(
        policy_id="cn-service-standard", policy_version="1", rule_id=rule_id, source="第2篇 第十条", verified=verified
    )
