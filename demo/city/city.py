"""The small city of the demo: its lines, its outages by name, and what its Chinese words mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.contracts.base import Extent

ZONE = ZoneInfo("Asia/Shanghai")
MARCH = 2026, 3
MONTH = f"{MARCH[0]}-{MARCH[1]:02}"
SOURCE = "/dispatch/east"

EAST = Extent(lines=("10千伏城东线",), areas=("中山路一带",), nominal_voltage=10, customers_affected=1840)
RIVER = Extent(lines=("10千伏江滨线",), areas=("江滨路一带",), nominal_voltage=10, customers_affected=640)
INDUSTRY = Extent(lines=("10千伏工业线",), areas=("工业大道一带",), nominal_voltage=10, customers_affected=212)
SCHOOL = Extent(lines=("10千伏学府线",), areas=("学府路一带",), nominal_voltage=10, customers_affected=310)
# At night nobody has looked yet which streets are dark: lines alone, and the network model says who hangs on them.
BOTH = Extent(lines=(*EAST.lines, *RIVER.lines), nominal_voltage=10, customers_affected=2480)
RIVER_LINE = Extent(lines=RIVER.lines)
MILL = Extent(
    lines=("35千伏钢厂线",), areas=("钢铁大道",), usage_points=("UP-DJ-3501",), nominal_voltage=35, customers_affected=1
)
ALUMINIUM = Extent(lines=("35千伏铝厂线",), areas=("铝都路",), nominal_voltage=35, customers_affected=1)
ONE_TRANSFORMER = Extent(transformers=("中山路2号公变",), customers_affected=85)

# The published curtailment scheme: connectors/samples/dongjiang-curtailment.toml.
SCHEME = "DJ-2026"
# Named by dispatch: P planned, T temporary, F fault, C curtailment, then the day they were first meant for.
FIRST_OF_YEAR, SECOND_OF_YEAR = "DJ-P-0320", "DJ-P-0321"
PLAN, REFUSED, MOVED, WITHDRAWN = "DJ-P-0311", "DJ-P-0306", "DJ-P-0310", "DJ-P-0317"
TEMPORARY, FAULT, NESTED, OPEN = "DJ-T-0307", "DJ-F-0305", "DJ-F-0305-2", "DJ-F-0407"
SILENT = "DJ-F-0312"
SAFETY, APPROVED = "DJ-T-0308", "DJ-T-0310"
ORDERED_SECOND, ORDERED_FIRST = "DJ-C-0309", "DJ-C-0309-2"
REPORT, NESTED_REPORT, OPEN_REPORT = "95598-0412", "95598-0437", "95598-0518"
SILENT_REPORT = "95598-0479"
COMPLAINT = "TS-0305-08"
BAD_ID = "ert-without-zone"

HOSPITAL, WORKS, WATERWORKS, LIFE_SUPPORT, PLASTICS, EXAM_SITE = (f"DJ-000{n}" for n in range(1, 7))
SCHOOL_NUMBER = "+447700900108"

# Customers by what they are; terms by what they mean.
GLOSSES: Mapping[str, str] = {
    HOSPITAL: "the hospital",
    WORKS: "the electronics works",
    WATERWORKS: "the waterworks",
    LIFE_SUPPORT: "Li Xiuying",
    EXAM_SITE: "the school",
    "10千伏城东线": "line East Town",
    "10千伏工业线": "line Industry",
    "10千伏江滨线": "line Riverside",
    "10千伏学府线": "line College",
    "35千伏钢厂线": "line Steelworks",
    "35千伏铝厂线": "line Aluminium Works",
    "钢铁大道": "Steel Avenue",
    "铝都路": "Aluminium Road",
    "电杆被撞倾斜": "a pole was hit and leans",
    "变压器漏油": "a transformer leaks oil",
    "等不到明天": "it cannot wait until tomorrow",
    "王建国": "Wang Jianguo",
    "继电保护校验": "relays are tested",
    "中山路一带": "around Zhongshan Road",
    "工业大道一带": "around Industry Avenue",
    "江滨路一带": "around Riverside Road",
    "学府路一带": "around College Road",
    "中山路2号公变": "Zhongshan Road transformer 2",
    "更换老旧导线": "old conductors are replaced",
    "树木修剪": "trees are trimmed",
    "更换开关": "a switch is replaced",
    "线路检修": "line maintenance",
    "考试期间暂停检修": "no work while exams are held",
    "线夹发热处理": "a hot clamp is mended",
    "树枝压断导线": "a branch broke the conductor",
    "变压器熔丝熔断": "the transformer's fuse blew",
    "抢修二班": "repair crew 2",
    "坐席 17": "agent 17",
    "林涛": "Lin Tao",
    "修得快": "quickly mended",
    "周岚": "Zhou Lan",
}

# What the cast list adds to the registry's words.
ABOUT: Mapping[str, str] = {
    LIFE_SUPPORT: "life support at home",
    EXAM_SITE: "an exam site",
}


def at(day: int, hour: int, minute: int = 0, *, month: int = MARCH[1]) -> datetime:
    """An instant of that March, or of another month of the year, in the city's own time."""
    return datetime(MARCH[0], month, day, hour, minute, tzinfo=ZONE)


START = at(2, 8)
