"""Write the public text of a notice, in the fields of the 95598 page, by language.

Labels: 停电时间, 停电范围, 停电线路, 公变名称, 停电原因 (notes: 95598 outage notice API). Dates are absolute and in the
utility's zone, never 今天 or tomorrow. What is not known is left out, not invented (第1篇 3.4.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import CurtailmentOrdered, PlanBody
from services.kernel.values.zones import mark
from services.places import cleaned, distinct

SHOWN = 100
"""Names of one kind that a text gives; the notice itself has them all."""
_ZH_CLASS = {"planned": "计划检修停电", "temporary": "临时检修停电", "curtailment": "有序用电停电"}
_EN_CLASS = {
    "planned": "Planned maintenance",
    "temporary": "Temporary maintenance",
    "curtailment": "Ordered curtailment",
}
_ZH_OUTCOME = {
    "carried-out": "已完成",
    "carried-out-late": "已完成,晚于公告时间",
    "not-carried-out": "未实施",
    "withdrawn": "已取消,届时不因此停电",
}
_EN_OUTCOME = {
    "carried-out": "carried out",
    "carried-out-late": "carried out, later than announced",
    "not-carried-out": "not carried out",
    "withdrawn": "withdrawn: no cut for this work then",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """The utility's zone and its telephone line, as every notice gives them."""

    zone: ZoneInfo
    hotline: str = "95598"


def notice_text(plan: PlanBody | CurtailmentOrdered, voice: Voice, now: datetime) -> dict[str, str]:
    """The text of the notice of `plan` by BCP 47 tag, one field a line."""
    kind = plan.outage_class if isinstance(plan, PlanBody) else "curtailment"
    reason = (plan.reason or "") if isinstance(plan, PlanBody) else ""
    period, extent, zone = plan.planned_period, plan.extent, voice.zone
    chinese = (
        ("停电类型", _ZH_CLASS[kind]),
        ("停电时间", f"{_zh_period(period, zone)}({_zh_length(period)})"),
        ("停电范围", _list(extent.areas, "、", "等{}处")),
        ("停电线路", _list(extent.lines, "、", "等{}条")),
        ("公变名称", _list(extent.transformers, "、", "等{}台")),
        ("停电原因", reason),
        ("咨询电话", voice.hotline),
        ("公告时间", _zh_time(now, zone)),
    )
    english = (
        ("Type", _EN_CLASS[kind]),
        ("Time", f"{_en_period(period, zone)} ({_en_length(period)})"),
        ("Area", _list(extent.areas, ", ", " and others, {} in all")),
        ("Line", _list(extent.lines, ", ", " and others, {} in all")),
        ("Transformer", _list(extent.transformers, ", ", " and others, {} in all")),
        ("Reason", reason),
        ("Telephone", voice.hotline),
        ("Published", _en_time(now, zone)),
    )
    return {"zh-CN": _fields(chinese, ":"), "en": _fields(english, ": ")}


def outcome_text(
    outcome: str, period: Period, extent: Extent, restored_at: datetime | None, voice: Voice
) -> dict[str, str]:
    """What became of the work that a notice announced, by BCP 47 tag; stands by itself."""
    zone = voice.zone
    chinese = (
        ("停电时间", _zh_period(period, zone)),
        ("停电范围", _list(extent.areas, "、", "等{}处")),
        ("停电线路", _list(extent.lines, "、", "等{}条")),
        ("停电结果", _ZH_OUTCOME[outcome]),
        ("恢复送电", _zh_time(restored_at, zone) if restored_at else ""),
    )
    english = (
        ("Time", _en_period(period, zone)),
        ("Area", _list(extent.areas, ", ", " and others, {} in all")),
        ("Line", _list(extent.lines, ", ", " and others, {} in all")),
        ("Outcome", _EN_OUTCOME[outcome]),
        ("Power back", _en_time(restored_at, zone) if restored_at else ""),
    )
    return {"zh-CN": _fields(chinese, ":"), "en": _fields(english, ": ")}


def _list(names: Iterable[str], comma: str, more: str) -> str:
    """Each name once, none blank; of a list that nobody would read to its end the first, and how many there are."""
    each = tuple(map(cleaned, distinct(names)))
    return comma.join(each[:SHOWN]) + (more.format(len(each)) if len(each) > SHOWN else "")


def _fields(fields: Iterable[tuple[str, str]], colon: str) -> str:
    return "\n".join(f"{label}{colon}{_line(value)}" for label, value in fields if value.strip())


def _length(period: Period) -> tuple[int, int]:
    """Hours and minutes, a begun minute counted whole."""
    return divmod(-((period.start - period.end) // timedelta(minutes=1)), 60)


def _zh_length(period: Period) -> str:
    hours, minutes = _length(period)
    return (f"{hours}小时" if hours else "") + (f"{minutes}分钟" if minutes else "")


def _en_length(period: Period) -> str:
    hours, minutes = _length(period)
    return " ".join(([f"{hours} h"] if hours else []) + ([f"{minutes} min"] if minutes else []))


def _zh_period(period: Period, zone: ZoneInfo) -> str:
    return f"{_zh_time(period.start, zone, period.end)}至{_zh_time(period.end, zone, period.start)}"


def _en_period(period: Period, zone: ZoneInfo) -> str:
    return f"{_en_time(period.start, zone, period.end)} to {_en_time(period.end, zone, period.start)}"


def _zh_time(instant: datetime, zone: ZoneInfo, *beside: datetime) -> str:
    local, which = instant.astimezone(zone), mark(instant, zone, *beside)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}" + (f"({which})" if which else "")


def _en_time(instant: datetime, zone: ZoneInfo, *beside: datetime) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M} {mark(instant, zone, *beside)}".rstrip()


def _line(value: str) -> str:
    """`value` on one line and of characters that show: a name must not look like a field of its own."""
    return cleaned(value)
