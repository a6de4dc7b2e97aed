"""What can be read out in Chinese to somebody who calls.

The wording is that of the service standard (第1篇 3.4.2, 4.2.3; 第7篇 6.8, 6.9).
Reason class, apology, 左右 on expected times, absolute dates; a crew only when one is assigned, a cause only when it is
known; no trade words. The phrases are those of the texts (their `phrases` in zh-CN), so that the telephone says what the
handset says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from schemas.contracts.base import CrewStatusKind, Extent, OutageClass, Period
from services.wording.crews import work_phrase
from services.wording.speakers import Speaker, has_han, speaker

APOLOGY = "给您带来不便,深表歉意,敬请谅解。"
LIVE = "停电期间请始终视线路为带电。"
NOTHING_KNOWN = (
    "您好!目前没有查到您所在区域的停电信息。请您先看一看家中或单位的总开关是否断开;"
    "如仍无电,请告诉我地址和联系方式,我马上为您登记并安排人员检查。请始终视线路为带电。"
)


@dataclass(frozen=True, slots=True)
class PowerOff:
    """What is known of an outage that holds the caller's place. `next_word`: when another word was promised."""

    outage_class: OutageClass | None
    place: Extent | None
    predicted: bool
    since: datetime | None
    cause: str | None
    cause_known: bool
    crew: CrewStatusKind | None
    expected_back: datetime | None
    next_word: datetime | None
    perhaps_back: bool = False
    """The list that the outage comes from lacks it, which proves nothing."""
    unsure: bool = False
    """Dispatch is not sure of the expected time."""
    called_first: OutageClass | None = None
    """What we had said it was, where it is another thing."""


class HotlineChinese:
    """Says it at the instant `now`, in `zone`."""

    def __init__(self, phrases: Mapping[str, str], now: datetime, zone: tzinfo) -> None:
        self._phrases, self._now, self._zone = phrases, now, zone
        self._times: Speaker = speaker("zh-CN", now, zone)
        self._reasons: Mapping[OutageClass, str] = {
            "planned": f"因{phrases['cause-planned']}",
            "temporary": f"因{phrases['cause-temporary']}",
            "fault": "因线路故障",
            "emergency": "因紧急情况",
            "curtailment": f"因{phrases['reason-curtailment']}",
        }

    def off(self, known: PowerOff) -> str:
        """The power is off, or said to be."""
        place = place_name(known.place)
        if known.predicted:
            return f"您好!我们已收到{place}可能停电的报告,正在核实。{APOLOGY}请始终视线路为带电。"
        reason = f"{self._reasons[known.outage_class]}," if known.outage_class else ""
        since = f"自{self._at(known.since)}起停电" if known.since else "目前停电"
        if known.perhaps_back:
            return f"您好!{reason}{place}{since},现可能已恢复供电,正在核实;如您处仍无电,请告诉我,我马上为您登记。{APOLOGY}{LIVE}"
        cause = f"停电原因:{known.cause}。" if known.cause and has_han(known.cause) else ""
        return (
            f"您好!{reason}{place}{since},{self._work(known)},{self._expected(known)}。"
            f"{cause}{self._otherwise(known)}{APOLOGY}{LIVE}"
        )

    def one_of_several(self, lost: Sequence[tuple[str, str]], *, home: bool) -> str:
        """These supplies of the caller are off, each by role and what it hangs on, and others are not."""
        named = "、".join(
            self._phrases["supply-named"].format(role=self._phrases[f"supply-{role}"], name=name) for role, name in lost
        )
        you = self._phrases["you-home-unnamed" if home else "you-unnamed"]
        return f"停电的是{you}的{named},其他电源不在停电范围内,请检查电源切换情况。"

    def back(self, at: datetime, outage_class: OutageClass | None, where: Extent | None) -> str:
        """The power came back."""
        reason = f",本次停电{self._reasons['fault'].replace('因', '由', 1)}引起" if outage_class == "fault" else ""
        return (
            f"您好!{place_name(where)}已于{self._at(at)}恢复供电{reason}。{APOLOGY}"
            "如您处仍无电或用电异常,请告诉我地址和联系方式,我马上为您登记。"
        )

    def denied(self, at: datetime, outage_class: OutageClass | None, where: Extent | None) -> str:
        """The power is said to be back, and a meter or a customer there says that it is not."""
        del outage_class
        return (
            f"您好!{place_name(where)}据报已于{self._at(at)}恢复供电,但您处可能仍无电,我们正在核实。{APOLOGY}"
            "请问您处现在是否有电?如仍无电,我马上为您登记。请始终视线路为带电。"
        )

    def none(self, where: Extent | None) -> str:
        """Dispatch says that there was no outage."""
        return (
            f"您好!经核实,{place_name(where)}并无此次停电,此前的停电消息有误,我们诚恳道歉。"
            "如您处确实无电或用电异常,请告诉我地址和联系方式,我马上为您登记。"
        )

    def ahead(self, period: Period, outage_class: OutageClass, where: Extent | None) -> str:
        """Work was noticed and is not known to have begun."""
        when, reason, place = self._times.period(period, self._zone), self._reasons[outage_class], place_name(where)
        if period.start <= self._now:
            return f"另外,{reason},{place}原定{when}停电,是否已开始正在核实。{APOLOGY}"
        return f"另外,{reason},{place}定于{when}停电。{APOLOGY}请提前做好准备;可能提前送电,请始终视线路为带电。"

    def _at(self, instant: datetime) -> str:
        return self._times.at(instant, self._zone)

    def _work(self, known: PowerOff) -> str:
        name = work_phrase(known.outage_class, known.crew, at_work=False, known=known.cause_known)
        return self._phrases[name]

    def _otherwise(self, known: PowerOff) -> str:
        """What we had called it, and that it is not that."""
        if known.called_first is None:
            return ""
        called = self._reasons[known.called_first].removeprefix("因")
        return f"此前曾告知停电原因是{called},经核实不是,信息有误,我们诚恳道歉。"

    def _expected(self, known: PowerOff) -> str:
        unknown, _, again = self._phrases["unknown"].partition(",")
        word = known.next_word
        again = f",{again.format(by=self._at(word))}" if word and word > self._now else ""
        if known.expected_back is None:
            return f"{unknown}{again}"
        expected = self._phrases["expected"].format(ert=self._at(known.expected_back))
        if known.unsure and known.expected_back > self._now:
            return f"初步{expected}{again}"
        if known.expected_back <= self._now:
            return f"此前{expected},未能如期,我们诚恳道歉,恢复时间正在重新核定{again}"
        return expected


def place_name(extent: Extent | None) -> str:
    """The first line and area, where they are written in Chinese."""
    said = "".join((*extent.lines[:1], *extent.areas[:1])) if extent else ""
    return said if has_han(said) else "您所在区域"
