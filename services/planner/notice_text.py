"""The public words of a notice, in the fields of the 95598 page, by language.

Labels: 停电时间, 停电范围, 停电线路, 公变名称, 停电原因 (notes: 95598 outage notice API). Dates are absolute and in the
utility's zone, never 今天 or tomorrow. What is not known is left out, not invented (第1篇 3.4.4).
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.dispatch import PlanBody

_ZH_CLASS = {"planned": "计划检修停电", "temporary": "临时检修停电"}
_EN_CLASS = {"planned": "Planned maintenance", "temporary": "Temporary maintenance"}


def notice_text(plan: PlanBody, zone: ZoneInfo) -> dict[str, str]:
    """The text of the notice of `plan` by BCP 47 tag, one field a line."""
    return {"zh-CN": _chinese(plan, zone), "en": _english(plan, zone)}


def _chinese(plan: PlanBody, zone: ZoneInfo) -> str:
    period, extent = plan.planned_period, plan.extent
    fields = (
        ("停电类型", _ZH_CLASS[plan.outage_class]),
        ("停电时间", f"{_zh_time(period.start, zone)}至{_zh_time(period.end, zone)}"),
        ("停电范围", "、".join(extent.areas)),
        ("停电线路", "、".join(extent.lines)),
        ("公变名称", "、".join(extent.transformers)),
        ("停电原因", plan.reason or ""),
    )
    return "\n".join(f"{label}:{_line(value)}" for label, value in fields if value.strip())


def _english(plan: PlanBody, zone: ZoneInfo) -> str:
    period, extent = plan.planned_period, plan.extent
    fields = (
        ("Type", _EN_CLASS[plan.outage_class]),
        ("Time", f"{_en_time(period.start, zone)} to {_en_time(period.end, zone)}"),
        ("Area", ", ".join(extent.areas)),
        ("Line", ", ".join(extent.lines)),
        ("Transformer", ", ".join(extent.transformers)),
        ("Reason", plan.reason or ""),
    )
    return "\n".join(f"{label}: {_line(value)}" for label, value in fields if value.strip())


def _zh_time(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def _en_time(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _line(value: str) -> str:
    """`value` without line breaks: a name must not look like a field of its own."""
    return " ".join(value.split())
