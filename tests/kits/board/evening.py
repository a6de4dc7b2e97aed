"""A board as the small city of the demo might have it on an evening of storm."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.board.domain.public import (
    Board,
    PublicCount,
    PublicNotice,
    PublicOutage,
    PublicPlaces,
    PublicScheme,
    PublicStatement,
    PublicStep,
    PublicVersion,
    SaidTime,
    SchemeStep,
    StatementRow,
)
from services.board.utility import Links, Utility

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 5, 9, 20, tzinfo=ZONE)
UTILITY = Utility(
    name={"zh-CN": "东江供电公司", "en": "Dongjiang Power"},
    public_url="https://outages.example.com",
    links=Links(
        tariffs="https://www.example.com/tariffs",
        business="https://www.example.com/business",
        knowledge="https://www.example.com/knowledge",
        policies="https://www.example.com/policies",
    ),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of March 2026 there."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def outage(mrid: str = "DJ-F-0312", area: str = "中山路一带", **said: object) -> PublicOutage:
    """A fault with a crew at work, expected back at half past eleven."""
    values: dict[str, object] = {
        "outage_class": "fault",
        "status": "confirmed",
        "places": PublicPlaces(areas=(area,), districts=("城东",), lines=("10千伏城东线",)),
        "count": PublicCount(customers=2_480),
        "began_at": at(5, 9, 12),
        "expected_at": at(5, 11, 30),
        "said_times": (SaidTime(said_at=at(5, 9, 15), expected_at=at(5, 11, 30)),),
        "crew": "at-work",
        "changed_at": at(5, 9, 15),
    }
    return PublicOutage(mrid=mrid, **{**values, **said})  # type: ignore[arg-type]


def version(number: int = 1, mrid: str = "DJ-P-0311", **said: object) -> PublicVersion:
    """One text of a notice of work on the eleventh."""
    values: dict[str, object] = {
        "published_at": at(2, 11),
        "starts_at": at(11, 8),
        "ends_at": at(11, 17),
        "places": PublicPlaces(areas=("工业大道一带",), lines=("10千伏工业线",), transformers=("工业大道1号公变",)),
        "reason": "更换开关",
        "text": {"zh-CN": "停电类型:计划检修停电\n停电时间:3月11日8时至17时", "en": "Type: Planned maintenance"},
        "digest": f"{number:064x}",
    }
    return PublicVersion(notice_id=f"{mrid}/{number}", version=number, **{**values, **said})  # type: ignore[arg-type]


def notice(mrid: str = "DJ-P-0311", *versions: PublicVersion, **said: object) -> PublicNotice:
    """Planned work that is noticed."""
    values: dict[str, object] = {"outage_class": "planned", "state": "in-force", "changed_at": at(2, 11)}
    return PublicNotice(mrid=mrid, versions=versions or (version(mrid=mrid),), **{**values, **said})  # type: ignore[arg-type]


def moved() -> PublicNotice:
    """Work that was moved by two days."""
    mrid = "DJ-P-0310"
    first = version(1, mrid, starts_at=at(10, 13), ends_at=at(10, 16))
    return notice(
        mrid, first, version(2, mrid, starts_at=at(12, 13), ends_at=at(12, 16), published_at=at(3, 9), change="moved")
    )


def row(asks: str, **said: object) -> StatementRow:
    """One promise of a statement."""
    values: dict[str, object] = {"measured": True, "source": "第2篇 第十条(二)10"}
    return StatementRow(rule_id=f"rule-{asks}", asks=asks, **{**values, **said})  # type: ignore[arg-type]


def evening() -> Board:
    """Something of everything."""
    late = outage(
        "DJ-F-0313",
        "学府路一带",
        crew="none",
        expected_at=None,
        next_word_at=at(5, 10, 15),
        count=PublicCount(few=True),
        said_times=(),
        places=PublicPlaces(areas=("学府路一带",), districts=("城东",)),
    )
    passed = outage(
        "DJ-F-0314",
        "江滨路",
        status="partly-restored",
        expected_at=at(5, 9),
        said_times=(SaidTime(said_at=at(5, 7), expected_at=at(5, 8)), SaidTime(said_at=at(5, 8), expected_at=at(5, 9))),
        steps=(
            PublicStep(
                restored_at=at(5, 8, 30),
                restored=PublicPlaces(areas=("江滨路南段",)),
                remaining=PublicPlaces(areas=("江滨路北段",)),
            ),
        ),
        began_at=at(5, 6, 40),
        cause="大风刮断导线",
    )
    over = outage("DJ-F-0301", "老城", status="restored", restored_at=at(1, 12, 40), began_at=at(1, 9))
    work = outage("DJ-P-0304", "开发区", outage_class="planned", notice_of="DJ-P-0304", expected_at=at(5, 17))
    statement = PublicStatement(
        statement_id="2026-02/2",
        month="2026-02",
        number=2,
        published_at=at(2, 9),
        definitions="A promise counts in the month in which its deadline lies.",
        rate=97.7,
        target=100,
        corrects="2026-02/1",
        changes=(("rule-到达故障抢修现场的时间不超过45分钟", "kept", 86, 85),),
        rows=(
            row("提前7天向社会公告停电线路、区域、停电起止时间", kept=112, made=115, voided=3, rate=100.0),
            row("到达故障抢修现场的时间不超过45分钟", kept=85, broken=2, made=88, rate=97.7),
            row("12秒内接听", measured=False, verified=False),
            row("平均到达时间", aggregate="average", figure=31.5, unit="minutes", verdict="kept"),
        ),
    )
    scheme = PublicScheme(
        scheme_id="DJ-2026",
        title="2026年有序用电方案",
        steps=(
            SchemeStep(step=1, lines=("35千伏专用线路",)),
            SchemeStep(step=2, lines=("10千伏工业线",), in_force_since=at(5, 8), out_of_turn=True),
        ),
    )
    return Board(
        as_of=NOW,
        zone="Asia/Shanghai",
        today=date(2026, 3, 5),
        outages=(outage(), late, passed, over, work),
        notices=(
            moved(),
            notice(),
            notice("DJ-P-0304", outcome=None),
            notice("DJ-P-0317", state="withdrawn", withdrawn_at=at(4, 15), explanation="改期"),
            notice("DJ-C-0309", outage_class="curtailment", scheme_step=2),
            notice("DJ-P-0220", state="closed", outcome="carried-out-late", started_at=at(1, 8), restored_at=at(1, 18)),
        ),
        scheme=scheme,
        statements=(statement,),
        counted_by=("board",),
    )


def storm(outages: int, notices: int = 0, area: str = "第{}区域") -> Board:
    """So many open outages in ten districts, and so many notices."""
    return Board(
        as_of=NOW,
        zone="Asia/Shanghai",
        today=date(2026, 3, 5),
        outages=tuple(
            outage(
                f"DJ-S-{number:05}",
                area.format(number),
                places=PublicPlaces(
                    areas=(area.format(number),), districts=(f"{number % 10}区",), lines=(f"10千伏{number}线",)
                ),
                began_at=NOW - timedelta(minutes=1 + number % 300),
            )
            for number in range(outages)
        ),
        notices=tuple(notice(f"DJ-N-{number:05}") for number in range(notices)),
    )
