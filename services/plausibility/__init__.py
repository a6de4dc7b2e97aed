"""Judge whether a fact can be so: in this one place, for services and connectors alike. Pure.

`judge` looks at a fact by itself, against the instant at which its record came to the broker; `against` looks at it beside
what else is known of its outage. What cannot be so is held (`sift`), told to nobody, and asked about by one service.
"""

from services.plausibility.figures import FIGURES, Figures
from services.plausibility.held import (
    ACCEPTED,
    ANSWERED_FIRST,
    EXPLAINED,
    FACT_HELD,
    HELD_STRUCTS,
    NO_DOUBTS,
    CheckedFact,
    Doubts,
    FactHeld,
    released,
    shown,
    sift,
    vouched,
)
from services.plausibility.judging import (
    AFTER_WITHDRAWAL,
    ARRIVED,
    ARRIVED_BEFORE,
    CLEARED_BEFORE,
    ERT_TOO_FAR,
    HAPPENED,
    IN_THE_FUTURE,
    NOTHING_KNOWN,
    RESTORED_BEFORE,
    TOO_FAR_BACK,
    WITHDRAWN_BEFORE,
    Doubt,
    Judgement,
    KnownTimes,
    against,
    judge,
)
from services.plausibility.questions import ask, question_of

__all__ = [
    "ACCEPTED",
    "AFTER_WITHDRAWAL",
    "ANSWERED_FIRST",
    "ARRIVED",
    "ARRIVED_BEFORE",
    "CLEARED_BEFORE",
    "ERT_TOO_FAR",
    "EXPLAINED",
    "FACT_HELD",
    "FIGURES",
    "HAPPENED",
    "HELD_STRUCTS",
    "IN_THE_FUTURE",
    "NOTHING_KNOWN",
    "NO_DOUBTS",
    "RESTORED_BEFORE",
    "TOO_FAR_BACK",
    "WITHDRAWN_BEFORE",
    "CheckedFact",
    "Doubt",
    "Doubts",
    "FactHeld",
    "Figures",
    "Judgement",
    "KnownTimes",
    "against",
    "ask",
    "judge",
    "question_of",
    "released",
    "shown",
    "sift",
    "vouched",
]
