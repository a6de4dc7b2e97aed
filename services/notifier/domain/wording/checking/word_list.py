"""Words that no text may hold, by language, and why. Pure.

Sources: the service standard, 第1篇 3.4.2 (plain words), 4.2.3 (a fault in somebody's own installation is explained, and
nobody is blamed), 3.4.4 (nothing that is not certain). Kept as patterns, lower case.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

LINK: Final = "a link: nobody can tell it from a swindler's"
UNFILLED: Final = "left from a program: a field was not filled"
QUESTION: Final = "a text of ours asks nothing"
TRADE: Final = "a trade word: say it as customers do"
RELATIVE_DAY: Final = "it depends on when it is read: give the date and time"
ANSWER: Final = "these texts cannot be answered"
BLAME: Final = "it blames the customer"
CERTAIN: Final = "nobody can promise it: say about"
FRIGHT: Final = "it frightens, and helps nobody"

_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "*": {
        LINK: [r"https?:", r"www\.", r"\b[a-z0-9-]+\.(?:com|cn|net|org)\b"],
        UNFILLED: [r"[{}]", r"\bnone\b", r"\bnull\b", r"\bnan\b"],
        QUESTION: [r"[?？]"],
    },
    "zh-CN": {
        TRADE: ["跳闸", "馈线", "失压", "消缺", "越级", "重合闸", "接地故障", "负荷侧"],
        RELATIVE_DAY: ["今天", "今日", "明天", "明日", "昨天", "昨日", "稍后", "马上", "很快"],
        ANSWER: ["回复", "回1", "退订"],
        BLAME: [
            "您的(?:责任|过错|原因|失误)",
            "(?:由于|因|因为)(?:您|贵单位|用户|客户)",
            "您(?:未|没有|应当|必须|务必)",
            "(?:用户|客户)(?:原因|责任|自身)",
            *("自行承担", "责任自负", "擅自", "违规用电", "请自查", "与我(?:公司|们)无关"),
        ],
        CERTAIN: ["保证", "一定会", "肯定", "绝对"],
        FRIGHT: ["危及", "致命", "死亡", "窒息", "后果"],
    },
    "en": {
        TRADE: [r"\btripp", r"\bfeeder", r"\brecloser", r"\boutage id", r"\bmrid\b", r"\bload shed"],
        RELATIVE_DAY: [r"\btoday\b", r"\btomorrow\b", r"\byesterday\b", r"\bshortly\b", r"(?<!as )\bsoon\b"],
        ANSWER: [r"\breply\b", r"\btext back\b", r"\bunsubscribe\b"],
        BLAME: [
            r"\byour (?:own )?(?:fault|mistake|error|negligence|equipment|installation)\b",
            r"\byou (?:failed|forgot|should have|must|caused|did not)\b",
            r"\b(?:because of|caused by) (?:you|the customer)\b",
            r"\bcustomer(?:'s)? (?:fault|error|mistake|equipment)\b",
            r"\bat your own risk\b",
            r"\bnot our (?:fault|responsibility)\b",
        ],
        CERTAIN: [r"\bguarantee", r"\bdefinitely\b", r"\bcertainly\b", r"\bpromise\b"],
        FRIGHT: [r"\bdie\b", r"\bdeath\b", r"\bfatal", r"\blife-threatening\b"],
    },
}
_PATTERNS: Final = {
    language: [(re.compile("|".join(words)), why) for why, words in reasons.items()]
    for language, reasons in _WORDS.items()
}


def forbidden_in(said: str, language: str) -> Iterator[tuple[str, str]]:
    """The words in `said` that must not be there, the first for each reason, with the reason."""
    plain = said.lower()
    for pattern, why in (*_PATTERNS["*"], *_PATTERNS.get(language, ())):
        if found := pattern.search(plain):
            yield found[0], why
