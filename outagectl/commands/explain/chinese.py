"""What an agent can read out in Chinese, in the wording of the service standard (第1篇 3.4.2, 4.2.3; 第7篇 6.8, 6.9).

Reason class, apology, 左右 on expected times, absolute dates; a crew only when one is assigned, a cause only when it is
known; no trade words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from operations.lookup.lookup import Hit, LookupResult
from outagectl.commands.explain.english import back_at, cause_of, expected_back
from schemas.contracts.base import Period
from services.notifier.domain.outage.truth import AT_WORK
from services.notifier.domain.wording.speakers import Speaker, has_han, speaker
from services.notifier.domain.wording.templates import books

APOLOGY = "给您带来不便,深表歉意,敬请谅解。"
LIVE = "停电期间请始终视线路为带电。"
# The phrases are those of the texts, so that the telephone says what the handset says.
PHRASES = books()["zh-CN"].phrases
REASONS = {
    "planned": f"因{PHRASES['cause-planned']}",
    "temporary": f"因{PHRASES['cause-temporary']}",
    "fault": "因线路故障",
    "emergency": "因紧急情况",
    "curtailment": f"因{PHRASES['reason-curtailment']}",
}
WORK = {
    "planned": PHRASES["work-planned"],
    "temporary": PHRASES["work-planned"],
    "curtailment": PHRASES["work-curtailment"],
}


def sentences(found: LookupResult, zone: tzinfo) -> Iterator[str]:
    """What to say, in order: the present state, what lies ahead, what is over."""
    for hit in found.off:
        yield _off(hit, found, zone)
    if not found.off:
        yield from _none(found, zone)
    for hit in found.ahead:
        yield _ahead(hit, found, zone)


def _say(found: LookupResult, zone: tzinfo) -> Speaker:
    return speaker("zh-CN", found.now, zone)


def _off(hit: Hit, found: LookupResult, zone: tzinfo) -> str:
    view = hit.supply or {}
    kind = str(view.get("outageClass"))
    since = _instant(view.get("startedAt") or view.get("reportedAt"))
    place = _place(hit)
    if view.get("status") == "predicted":
        return f"您好!我们已收到{place}可能停电的报告,正在核实。{APOLOGY}请始终视线路为带电。"
    parts = [f"您好!{REASONS[kind] + ',' if kind in REASONS else ''}{place}"]
    parts.append(f"自{_say(found, zone).at(since, zone)}起停电" if since else "目前停电")
    parts.append(f",{_work(hit)}")
    parts.append(f",{_expected(hit, found, zone)}。")
    cause = hit.cause
    if cause and has_han(cause):
        parts.append(f"停电原因:{cause}。")
    parts += [APOLOGY, LIVE]
    return "".join(parts)


def _work(hit: Hit) -> str:
    view = hit.supply or {}
    kind = str(view.get("outageClass"))
    if kind in WORK:
        return WORK[kind]
    if view.get("crewStatus") in AT_WORK:
        return PHRASES["work-crew"]
    return PHRASES["work-no-crew"] if cause_of(hit) else PHRASES["work-searching"]


def _expected(hit: Hit, found: LookupResult, zone: tzinfo) -> str:
    view = hit.supply or {}
    ert = expected_back(hit)
    word = found.next_word or _instant(view.get("nextUpdateAt"))
    known, _, again = PHRASES["unknown"].partition(",")
    again = f",{again.format(by=_say(found, zone).at(word, zone))}" if word and word > found.now else ""
    if ert is None:
        return f"{known}{again}"
    expected = PHRASES["expected"].format(ert=_say(found, zone).at(ert, zone))
    if ert <= found.now:
        return f"此前{expected},未能如期,我们诚恳道歉,恢复时间正在重新核定{again}"
    return expected


def _none(found: LookupResult, zone: tzinfo) -> Iterator[str]:
    back = [(at, hit) for hit in found.over if (at := back_at(hit)) is not None]
    if back:
        at, hit = max(back, key=lambda one: one[0])
        kind = str((hit.supply or {}).get("outageClass"))
        reason = f",本次停电{REASONS[kind].replace('因', '由', 1)}引起" if kind == "fault" else ""
        yield (
            f"您好!{_place(hit)}已于{_say(found, zone).at(at, zone)}恢复供电{reason}。{APOLOGY}"
            "如您处仍无电或用电异常,请告诉我地址和联系方式,我马上为您登记。"
        )
        return
    yield (
        "您好!目前没有查到您所在区域的停电信息。请您先看一看家中或单位的总开关是否断开;"
        "如仍无电,请告诉我地址和联系方式,我马上为您登记并安排人员检查。请始终视线路为带电。"
    )


def _ahead(hit: Hit, found: LookupResult, zone: tzinfo) -> str:
    notice = (hit.plan or {})["notice"]
    start, end = (datetime.fromisoformat(notice["plannedPeriod"][name]) for name in ("start", "end"))
    when = _say(found, zone).period(Period(start=start, end=end), zone)
    reason = REASONS.get(notice["outageClass"], "因线路检修")
    if start <= found.now:
        return f"另外,{reason},{_place(hit)}原定{when}停电,是否已开始正在核实。{APOLOGY}"
    return f"另外,{reason},{_place(hit)}定于{when}停电。{APOLOGY}请提前做好准备;可能提前送电,请始终视线路为带电。"


def _place(hit: Hit) -> str:
    extent = (hit.supply or {}).get("extent") or ((hit.plan or {}).get("notice") or {}).get("extent") or {}
    said = "".join([*extent.get("lines", ())[:1], *extent.get("areas", ())[:1]])
    return said if has_han(said) else "您所在区域"


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
