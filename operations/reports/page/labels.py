"""The words of the page that are no figures, in English and Chinese. Every label is there in both: the class asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

PageLanguage = Literal["en", "zh-CN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLabels:
    """Labels of one language."""

    title: str
    """{utility}, {period}."""
    month: str
    """{year}, {month}."""
    months: tuple[str, ...]
    year: str
    """{year}."""
    data_as_of: str
    """{at}, {zone}."""
    not_over: str
    contents: str
    supply: str
    supply_intro: str
    promises: str
    promises_intro: str
    promises_none: str
    promises_year: str
    words: str
    calls: str
    unsaid: str
    unsaid_none: str
    definitions: str
    cases: str
    cases_of: str
    """{name}."""
    cases_more: str
    """{shown}, {all}, {command}."""
    cases_all: str
    """{all}, {command}."""
    no_cases: str
    back: str
    by_day: str
    by_month: str
    by_class: str
    by_territory: str
    by_area: str
    by_line: str
    groups_more: str
    """{left}, {command}."""
    customer_minutes_axis: str
    saidi_axis: str
    marked_day: str
    whole: str
    without_major: str
    minutes: str
    cannot_be_said: str
    not_measured: str
    statement: str
    """{id}, {at}, {by}."""
    no_statement: str
    differs: str
    """{count}."""
    rate: str
    """{rate}."""
    no_rate: str
    unverified: str
    definition: str
    listed: str
    reached: str
    """{called}, {due}, {rate}, {satisfied}, {unreached}."""
    no_calls: str
    ever_said: str
    """{said}, {outages}."""
    policy: str
    """{policy}, {version}."""
    figures: Mapping[str, str]
    columns: Mapping[str, str]
    classes: Mapping[str, str]
    territories: Mapping[str, str]
    verdicts: Mapping[str, str]
    units: Mapping[str, str]
    unsaid_why: Mapping[str, str]
    """Why a figure is not there, by its named reason or by the figure; else the report's own sentence stands."""
    several: str
    nowhere: str


ENGLISH: Final = PageLabels(
    title="{utility}: supply and promises, {period}",
    month="{month} {year}",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    year="{year}",
    data_as_of="Data as of {at} ({zone}). Late facts correct these figures.",
    not_over="The period is not over: figures reach until then.",
    contents="Contents",
    supply="Reliability of supply",
    supply_intro="Indices by IEEE Std 1366. Each figure leads to what it means and to the outages that it is made of.",
    promises="How promises were kept",
    promises_intro="The target is 100 %. What is not measured is said so, and never counted as kept.",
    promises_none="Nothing was promised for this month, and nothing measured.",
    promises_year="Promises are accounted for month by month: see the months' own reports.",
    words="What was said of when power comes back",
    calls="Calls back after a repair",
    unsaid="What cannot be said",
    unsaid_none="Nothing: every figure of this report is measured.",
    definitions="What the figures mean",
    cases="Cases",
    cases_of="Cases: {name}",
    cases_more="The {shown} that add most, of {all}. All of them: {command}",
    cases_all="{all} in all. For a spreadsheet: {command}",
    no_cases="No case.",
    back="Back to the figure",
    by_day="Day by day",
    by_month="Month by month",
    by_class="By kind of outage",
    by_territory="By territory",
    by_area="By area",
    by_line="By line",
    groups_more="{left} more: {command}",
    customer_minutes_axis="Customer minutes without power, by the day on which the outage began",
    saidi_axis="SAIDI in minutes, by the day on which the outage began",
    marked_day="major event day",
    whole="All outages",
    without_major="Without major event days",
    minutes="min",
    cannot_be_said="cannot be said",
    not_measured="not measured",
    statement="Statement {id}, published {at}, approved by {by}.",
    no_statement="No statement of this month is published yet.",
    differs="Since it was published late facts have changed {count} of its figures; below stands what is known now.",
    rate="{rate} % of the promises that were decided were kept.",
    no_rate="No promise was decided.",
    unverified="the rule's text was not checked against its source",
    definition="what it means",
    listed="cases",
    reached="{called} of {due} reporters were called back ({rate} %); {satisfied} were satisfied, {unreached} not reached.",
    no_calls="Nobody was to be called back.",
    ever_said="An expected time was ever said of {said} of {outages} outages.",
    policy="Rules: {policy} {version}.",
    figures={
        "saidi": "SAIDI, minutes without power per customer",
        "saifi": "SAIFI, interruptions per customer",
        "caidi": "CAIDI, minutes of one interruption",
        "maifi": "MAIFI, momentary interruptions per customer",
        "asai": "ASAI, share of time with power",
        "major-event-days": "Major event days",
        "not-known": "Outages without a number of customers",
        "open": "Outages that are not over",
        "first-expected-time": "Minutes until the first expected time",
        "lateness": "Minutes after the expected time",
        "moved": "Times that the expected time moved",
        "calls-back": "Calls back",
        "report-to-dispatch": "Minutes from report to a crew",
    },
    columns={
        "name": "",
        "outages": "Outages",
        "interrupted": "Customers interrupted",
        "minutes": "Customer minutes",
        "saidi": "SAIDI (min)",
        "saifi": "SAIFI",
        "caidi": "CAIDI (min)",
        "maifi": "MAIFI",
        "rule": "Rule",
        "made": "Made",
        "kept": "Kept",
        "broken": "Broken",
        "voided": "Voided",
        "open": "Open",
        "over_all": "Over all cases",
        "figure": "Figure",
        "count": "Outages",
        "median": "Median",
        "p90": "Nine tenths within",
        "most": "Most",
        "day": "Day",
        "outage": "Outage",
        "from": "Off from",
        "until": "Until",
        "customers": "Customers",
        "by": "Known by",
        "value": "Adds",
        "class": "Kind",
        "lines": "Lines",
        "areas": "Areas",
        "case": "Case",
        "since": "From",
        "due": "Due",
        "done": "Done",
        "standing": "Stands",
        "why": "Why",
    },
    classes={
        "planned": "planned work",
        "temporary": "temporary work",
        "fault": "fault",
        "emergency": "emergency",
        "curtailment": "curtailment",
    },
    territories={"urban": "city", "rural": "country", "remote": "remote"},
    verdicts={
        "kept": "kept",
        "broken": "not kept",
        "voided": "voided",
        "open": "open",
        "no-cases": "no case",
        "not-measured": "not measured",
        "measured": "measured",
        "not-known": "not known",
        "left-out": "left out",
        "to-be-called": "to be called",
        "satisfied": "satisfied",
        "neutral": "neutral",
        "dissatisfied": "dissatisfied",
        "unreached": "not reached",
        "void": "void",
        "network-model": "network model",
        "customersAffected": "dispatch",
    },
    units={"percent": "%", "seconds": "s", "minutes": "min", "hours": "h", "rings": "rings"},
    unsaid_why={
        "fewer-than-five-years": "fewer than five years are known before this one",
        "too-few-days": "the five years before have fewer than two days with an interruption",
        "customers-served-not-known": "nobody says how many customers are served",
    },
    several="(several)",
    nowhere="(not named)",
)

CHINESE: Final = PageLabels(
    title="{utility}{period}供电可靠性与服务承诺兑现情况",
    month="{year}年{month}月",
    months=tuple(str(month) for month in range(1, 13)),
    year="{year}年",
    data_as_of="数据截至 {at}({zone})。后续核实的情况会更正本报告中的数字。",
    not_over="统计期尚未结束,数字计算至上述时刻。",
    contents="目录",
    supply="供电可靠性",
    supply_intro="指标按 IEEE 1366 计算。每项数字均可查看其定义和所依据的停电事件。",
    promises="服务承诺兑现情况",
    promises_intro="目标为 100%。未测量的项目如实注明,不计为兑现。",
    promises_none="本月没有应兑现的承诺,也没有测量数据。",
    promises_year="承诺兑现情况按月公布,请见各月报告。",
    words="预计恢复时间的告知情况",
    calls="修复后回访",
    unsaid="无法给出的数字",
    unsaid_none="无:本报告各项数字均已测量。",
    definitions="指标定义",
    cases="明细",
    cases_of="明细:{name}",
    cases_more="共 {all} 条,此处列出数值最大的 {shown} 条。全部明细:{command}",
    cases_all="共 {all} 条。导出表格:{command}",
    no_cases="没有记录。",
    back="返回数字",
    by_day="按日",
    by_month="按月",
    by_class="按停电类别",
    by_territory="按地区类别",
    by_area="按区域",
    by_line="按线路",
    groups_more="另有 {left} 项:{command}",
    customer_minutes_axis="停电用户分钟数(按停电开始日期)",
    saidi_axis="系统平均停电时间,分钟(按停电开始日期)",
    marked_day="重大事件日",
    whole="全部停电",
    without_major="不含重大事件日",
    minutes="分钟",
    cannot_be_said="无法给出",
    not_measured="未测量",
    statement="本月公告 {id},公布时间 {at},批准人 {by}。",
    no_statement="本月兑现情况尚未公布。",
    differs="公布之后,后续核实的情况更正了其中 {count} 项数字;以下为目前掌握的数字。",
    rate="已有结果的承诺中,兑现率为 {rate}%。",
    no_rate="没有已有结果的承诺。",
    unverified="该条款原文尚未核对",
    definition="定义",
    listed="明细",
    reached="应回访 {due} 户,已回访 {called} 户({rate}%);满意 {satisfied} 户,未能联系上 {unreached} 户。",
    no_calls="没有应回访的用户。",
    ever_said="{outages} 起停电中,{said} 起给出过预计恢复时间。",
    policy="规则:{policy} {version}。",
    figures={
        "saidi": "系统平均停电时间 SAIDI(分钟/户)",
        "saifi": "系统平均停电次数 SAIFI(次/户)",
        "caidi": "用户平均停电持续时间 CAIDI(分钟/次)",
        "maifi": "系统平均短时停电次数 MAIFI(次/户)",
        "asai": "平均供电可用率 ASAI",
        "major-event-days": "重大事件日",
        "not-known": "停电用户数不明的停电",
        "open": "尚未全部恢复的停电",
        "first-expected-time": "首次给出预计恢复时间所用分钟数",
        "lateness": "实际恢复晚于预计的分钟数",
        "moved": "预计恢复时间变动次数",
        "calls-back": "修复后回访率",
        "report-to-dispatch": "自报修至派工的分钟数",
    },
    columns={
        "name": "",
        "outages": "停电起数",
        "interrupted": "停电用户次数",
        "minutes": "停电用户分钟数",
        "saidi": "SAIDI(分钟)",
        "saifi": "SAIFI",
        "caidi": "CAIDI(分钟)",
        "maifi": "MAIFI",
        "rule": "规则",
        "made": "承诺数",
        "kept": "兑现",
        "broken": "未兑现",
        "voided": "不适用",
        "open": "未到期",
        "over_all": "总体结果",
        "figure": "指标",
        "count": "停电起数",
        "median": "中位数",
        "p90": "九成不超过",
        "most": "最大",
        "day": "日期",
        "outage": "停电编号",
        "from": "停电时间",
        "until": "恢复时间",
        "customers": "用户数",
        "by": "用户数来源",
        "value": "计入数值",
        "class": "类别",
        "lines": "线路",
        "areas": "区域",
        "case": "事项",
        "since": "起算",
        "due": "到期",
        "done": "完成",
        "standing": "结果",
        "why": "原因代码",
    },
    classes={
        "planned": "计划检修",
        "temporary": "临时检修",
        "fault": "故障",
        "emergency": "紧急停电",
        "curtailment": "限电",
    },
    territories={"urban": "城市", "rural": "农村", "remote": "边远地区"},
    verdicts={
        "kept": "兑现",
        "broken": "未兑现",
        "voided": "不适用",
        "open": "未到期",
        "no-cases": "没有事项",
        "not-measured": "未测量",
        "measured": "已测量",
        "not-known": "不明",
        "left-out": "不计入",
        "to-be-called": "待回访",
        "satisfied": "满意",
        "neutral": "一般",
        "dissatisfied": "不满意",
        "unreached": "未能联系上",
        "void": "不适用",
        "network-model": "电网模型",
        "customersAffected": "调度",
    },
    units={"percent": "%", "seconds": "秒", "minutes": "分钟", "hours": "小时", "rings": "声"},
    unsaid_why={
        "fewer-than-five-years": "此前已知的数据不足五年",
        "too-few-days": "此前五年中有停电的日期不足两天",
        "customers-served-not-known": "供电用户总数不明",
        "saidi": "供电用户总数不明",
        "saifi": "供电用户总数不明",
        "maifi": "供电用户总数不明",
        "asai": "供电用户总数不明",
    },
    several="(多处)",
    nowhere="(未注明)",
)

LABELS: Final[Mapping[PageLanguage, PageLabels]] = {"en": ENGLISH, "zh-CN": CHINESE}
