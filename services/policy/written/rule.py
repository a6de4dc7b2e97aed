"""What a [[rules]] of a regime file looks like: its keys, what each may hold, and what one key asks of another.

Defaults stand in model.py: a key left out is not said again here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, TypeVar

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import fields

from schemas.contracts.base import OutageClass
from services.policy.model import DAYS, Between
from services.policy.vocabulary import (
    WORDING_MARKS,
    Aggregate,
    Audience,
    Complaint,
    Content,
    DayCount,
    Excuse,
    FaultSide,
    Limit,
    Obligation,
    Territory,
    Unit,
    Weather,
)
from services.policy.warning_times import MOST_FRACTIONS
from services.policy.written.table import Duration, Flag, Text, Written, Wrong

_NUMBER: Final = Meta(ge=0, extra={"what": "{value!r} is not a number from 0 up", "remedy": "write {key} = 7"})
Amount = Annotated[int, _NUMBER] | Annotated[float, _NUMBER]

Fractions = Annotated[
    tuple[Annotated[float, Meta(gt=0, lt=1)], ...],
    Meta(
        max_length=MOST_FRACTIONS,
        extra={
            "what": "{value!r} are not at most " + str(MOST_FRACTIONS) + " fractions between 0 and 1",
            "remedy": "write {key} = [0.5, 0.1]: with half of the time left, and with the last tenth",
        },
    ),
]

Word = TypeVar("Word")
Words: TypeAlias = Word | Annotated[tuple[Word, ...], Meta(min_length=1)] | UnsetType
"""A condition on a trait that is a word: the word, or a list of which one must hold."""


Numbers = Annotated[Between, Meta(extra_json_schema={"minProperties": 1})] | UnsetType
"""A condition on a trait that is a number."""


class AppliesWhen(Written):
    """What a case must be like for the rule to apply: every trait named here."""

    outage_class: Words[OutageClass] = UNSET
    nominal_voltage: Numbers = UNSET
    duration_minutes: Numbers = UNSET
    customers_affected: Numbers = UNSET
    safety_cut: Words[bool] = UNSET
    ordinary: Words[bool] = UNSET
    meter_fault: Words[bool] = UNSET
    territory: Words[Territory] = UNSET
    fault_side: Words[FaultSide] = UNSET
    weather: Words[Weather] = UNSET
    kind: Words[Complaint] = UNSET

    @classmethod
    def stray(cls) -> tuple[str, str]:
        """A trait that no case has would never be met."""
        return "no case has such a trait", f"write one of {', '.join(cls.__struct_fields__)}"

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """What is wrong with a condition: its kind, or one of its words."""
        known: Sequence[str | bool] = cls.words(key) or ([True, False] if bool in cls.parts(key) else [])
        words = "write one of " + ", ".join(word if isinstance(word, str) else str(word).lower() for word in known)
        given = value if isinstance(value, list) else [value]
        if isinstance(value, dict) and known:
            return "it is a word, not a number", words
        if given and all(isinstance(word, str | bool) for word in given):
            if not known:
                return "it is a number", "write { at_least = 10, below = 35 }"
            return f"{min(str(word) for word in given if word not in known)!r} is not known", words
        return f"{value!r} is not a condition", 'write a word, ["a", "b"], true, or { at_least = 10, below = 35 }'


class RuleTable(Written):
    """One obligation from one source."""

    noun: ClassVar[str] = "rule"

    id: Annotated[Text, Meta(description="its name in every decision")]
    source: Annotated[Text, Meta(description="the clause it comes from")]
    wording: Annotated[Text, Meta(description=f"the clause quoted, or {' '.join(WORDING_MARKS)} and what it says")]
    verified: Annotated[
        Flag,
        Meta(description="false: the figure was not read in the source or a good report of it; each use says so"),
    ]
    obligation: Annotated[Obligation, Meta(description="what must be done; services ask for rules by it")]
    note: Annotated[Text, Meta(description="how it is read")] | UnsetType = UNSET
    applies_when: AppliesWhen = field(default_factory=AppliesWhen)
    measure_from: Text | UnsetType = UNSET
    measure_to: Text | UnsetType = UNSET
    limit: Limit | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET
    unit: Unit = "none"
    day_count: DayCount | UnsetType = UNSET
    calendar: Literal["utility"] | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    content_required: tuple[Content, ...] | UnsetType = UNSET
    tolerance: Duration | UnsetType = UNSET
    aggregate: Aggregate | UnsetType = UNSET
    exceptions: tuple[Excuse, ...] | UnsetType = UNSET
    consequence: Text | UnsetType = UNSET
    refusal: Annotated[Text, Meta(description="the named reason when a request breaks it")] | UnsetType = UNSET
    at_risk_before: Duration | UnsetType = UNSET
    fractions_left: (
        Annotated[Fractions, Meta(description="of this rule; else those of [settings.warnings]")] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """What its keys ask of each other.

        Raises:
            Wrong: they do not fit.

        """
        self._marked()
        self._measured()
        self._countable()

    def _marked(self) -> None:
        """A slip in a mark would show as a quotation what is none."""
        if self.wording.startswith("(") and not self.wording.startswith(tuple(f"{mark} " for mark in WORDING_MARKS)):
            what = f"{self.wording!r} is no quotation and has no mark"
            raise Wrong("wording", what, f"begin with one of {', '.join(WORDING_MARKS)}")

    def _measured(self) -> None:
        """A unit asks for an amount and what it lies between, days for how they are counted."""
        asked = {
            "measure_from": self.unit != "none",
            "measure_to": self.unit != "none",
            "limit": self.unit != "none",
            "amount": self.unit != "none",
            "day_count": self.unit in DAYS,
            "calendar": self.unit == "working-days",
        }
        for key, needed in asked.items():
            if needed and getattr(self, key) is UNSET:
                raise Wrong(key, "is missing", "add it")
        strange = [key for key in ("amount", "day_count", "calendar") if not asked[key]]
        for key in strange:
            if getattr(self, key) is not UNSET:
                known = sorted({each.name for each in fields(type(self))} - {*strange})
                raise Wrong(key, "is not known here", f"remove it or write one of {', '.join(known)}")

    def _countable(self) -> None:
        """Figures that can be counted, and counted without harm."""
        if self.amount == float("inf"):
            raise Wrong("amount", *self.complaint("amount", self.amount))
        if self.unit in DAYS and self.amount is not UNSET and (self.amount < 1 or self.amount % 1):
            days = Decimal(str(self.amount))
            raise Wrong("amount", f"{days} days cannot be counted", "write a whole number of days from 1 up")
        if (self.unit, self.limit, self.day_count) == ("working-days", "at-least", "same clock time"):
            # Told on Friday afternoon one may begin on Monday afternoon, told on Sunday morning on Monday morning.
            what = "over a weekend a notice given later would allow an earlier start"
            raise Wrong("day_count", what, 'write "publication day excluded" or "start of day"')
        if self.unit == "percent" and self.aggregate != "rate>=":
            raise Wrong("aggregate", "a percentage is a rate over many", 'write aggregate = "rate>="')
