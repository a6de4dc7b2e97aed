"""Say what each figure of a report means and who defines it so, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Definition(NamedTuple):
    """What a figure means, in two languages, and where that is from."""

    english: str
    chinese: str
    source: str


IEEE: Final = "IEEE Std 1366-2012"
OWN: Final = "own definition (ADR 54)"

DEFINITIONS: Final[Mapping[str, Definition]] = {
    "saidi": Definition(
        "Minutes without power per customer served: sum over restoration steps of minutes times customers, by customers "
        "served. Interruptions longer than the policy says (five minutes); all of one counts on the day and in the month "
        "in which it began.",
        "系统平均停电时间：各恢复步骤的停电分钟数乘以停电用户数之和，除以供电用户总数。只计超过五分钟的停电；全部计入停"
        "电开始的日期和月份。",
        f"{IEEE}, SAIDI, 2.5 beta",
    ),
    "saifi": Definition(
        "Sustained interruptions per customer served. Who stays out under another outage is interrupted once.",
        "系统平均停电次数：持续停电的用户次数之和，除以供电用户总数。转由另一停电事件继续停电的用户只计一次。",
        f"{IEEE}, SAIFI",
    ),
    "caidi": Definition(
        "Minutes of one sustained interruption, on average over those who had it: customer minutes by customers interrupted.",
        "用户平均停电持续时间：停电用户分钟数除以停电用户次数。",
        f"{IEEE}, CAIDI",
    ),
    "maifi": Definition(
        "Momentary interruptions (no longer than the policy says, five minutes) per customer served, as far as dispatch "
        "says them.",
        "系统平均短时停电次数：不超过五分钟的停电用户次数之和，除以供电用户总数；以调度报告的为准。",
        f"{IEEE}, MAIFI",
    ),
    "asai": Definition(
        "Share of the time for which customers had power: one minus customer minutes by customers served times minutes of "
        "the period.",
        "平均供电可用率：1 减去（停电用户分钟数 ÷（供电用户总数 × 统计期分钟数））。",
        f"{IEEE}, ASAI",
    ),
    "major-event-days": Definition(
        "Days whose SAIDI is greater than T_MED = exp(alpha + 2.5 beta): average and standard deviation (of a sample) of "
        "the natural logarithms of daily SAIDI of the five calendar years before, days of nought left out. With fewer years "
        "none is classified.",
        "重大事件日：当日 SAIDI 大于 T_MED = exp(α + 2.5β) 的日期；α、β 为此前五个日历年每日 SAIDI 自然对数的均值与标准"
        "差（零值日不计）。不足五年不分类。",
        f"{IEEE}, 2.5 beta",
    ),
    "not-known": Definition(
        "Outages of which nobody said how many customers they cut: neither the network model nor customersAffected. They "
        "are in no sum.",
        "停电用户数不明的停电：电网模型与调度均未给出用户数，不计入任何合计。",
        OWN,
    ),
    "open": Definition(
        "Outages with customers who have no power yet: until the end of the period, or of now; whole once power is back.",
        "尚未全部恢复的停电：暂计至统计期末或报告时刻，恢复后按全部时长计。",
        OWN,
    ),
    "first-expected-time": Definition(
        "Minutes from the first word of an outage to the first expected time of restoration, over outages that had one.",
        "首次预计恢复时间：自首次获知停电至首次给出预计恢复时间的分钟数。",
        OWN,
    ),
    "lateness": Definition(
        "Minutes by which power was back after the expected time that stood then; less than nought: before it.",
        "预计时间偏差：实际恢复晚于当时有效的预计恢复时间的分钟数，负数为提前。",
        OWN,
    ),
    "moved": Definition(
        "How often the expected time of an outage was said otherwise than before, or that none is known any more.",
        "预计恢复时间变动次数。",
        OWN,
    ),
    "calls-back": Definition(
        "Share of reporters called back after power was back, of those who were to be called; reached or not is said apart.",
        "修复后回访率：已回访的报修人数占应回访人数的比例。",
        "第2篇 第十三条(五)",
    ),
    "silence-forgotten": Definition(
        "Customers without power who heard nothing for longer than the policy allows their rank, and for whom no word was asked "
        "for: minutes of the longest silence of each outage, from the last word (or from when power went off) until the next; the "
        "list has the hours of all of them. A silence counts where it began; one that was held later counts there, too. The "
        "utility's own watch finds them.",
        "被遗漏的沉默：停电用户超过规定时限未获任何告知，且系统未曾为其发起告知；按每次停电中最长一段沉默的分钟数统计（自上"
        "次告知或停电起至下次告知），清单列出合计小时数；计入沉默开始的月份，其后转为被暂停的两处均计。由本单位自行监测。",
        OWN,
    ),
    "silence-held": Definition(
        "The same where a word was held: by a stop, an approval, a provider at fault, missing proof, or because nobody was "
        "reached.",
        "被暂停的沉默：同上，但告知因暂停发送、待审批、服务商故障、待核实或无法联系而未送达。",
        OWN,
    ),
    "report-to-dispatch": Definition(
        "Minutes from the first report of an outage to the first word that a crew has the work.",
        "自首次报修至派工的分钟数。",
        OWN,
    ),
}
