"""What a regime file looks like, but for its rules (rule.py): its tables, their keys and what each may hold.

The JSON Schema for editors is made of it (format.py). Defaults stand with the models: a key left out is not said again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import asdict

from services.plausibility.figures import Figures
from services.policy.duty import AskingTimes
from services.policy.model import MONTH_WAITS, SendingPolicy, Telling
from services.policy.promised import AnswerTimes, WordTimes
from services.policy.quiet import QuietHours
from services.policy.vocabulary import BudgetYear, Inside, Territory
from services.policy.warning_times import FRACTIONS_LEFT
from services.policy.written.followups import Followups
from services.policy.written.public_notice import PublicTold
from services.policy.written.reliability import Reliability
from services.policy.written.rule import Fractions, RuleTable
from services.policy.written.silence import SilenceAllowed
from services.policy.written.table import ClockTime, Duration, Text, Written, Wrong, given, span
from services.policy.written.tasks import Duty

Country = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{2}$",
        description="ISO 3166 code",
        extra={"what": "{value!r} is no ISO 3166 code", "remedy": 'write two capital letters, e.g. "CN"'},
    ),
]

_TALK: Final = Meta(ge=2, le=10)
_PEOPLE: Final = Meta(ge=0, le=100_000_000)
_HANDSET: Final = Meta(ge=4, le=60)
_TALK_MOST: Final = Meta(ge=14, le=20)  # a conversation remembers the last twenty words that were heard


class Calendar(Written):
    """Whose working days count."""

    country: Country


class KeyCustomers(Written):
    """The notifier's time to reach them."""

    informing_time: Duration


class Lifecycle(Written):
    """When an outage is over."""

    close_after: Duration
    same_fault_within: Duration
    still_off_after: Duration | UnsetType = UNSET
    cleared_after: Duration | UnsetType = UNSET

    def asking(self) -> AskingTimes:
        """When dispatch is asked back; the product's own times where none are given."""
        times = given(self)
        return AskingTimes(**{key: times[key] for key in AskingTimes.__dataclass_fields__ if key in times})


class Budget(Written):
    """How planned outages of one customer are counted."""

    year: BudgetYear


class Overlaps(Written):
    """When one cut is offered for two works."""

    near: Duration


class Plausible(Written):
    """When a plan is taken for a data-entry error."""

    furthest_ahead: Duration
    longest: Duration


class Facts(Written):
    """How far from its record a fact may lie and still be believed."""

    ahead: Duration | UnsetType = UNSET
    ahead_most: Duration | UnsetType = UNSET
    start_back: Duration | UnsetType = UNSET
    ert_ahead: Duration | UnsetType = UNSET
    early: Duration | UnsetType = UNSET

    def figures(self) -> Figures:
        """The figures, with the product's own where none is given."""
        return Figures(**given(self))

    def __post_init__(self) -> None:
        """A fast clock cannot be taken at its word for longer than it is taken at all.

        Raises:
            Wrong: it would be.

        """
        if self.figures().ahead_most < self.figures().ahead:
            raise Wrong("ahead_most", "it is less than ahead", "write at least as much as ahead")


class Crews(Written):
    """What holds for crews where nobody says more."""

    territory: Territory = "urban"


class Patience(Written):
    """How patient the words to one customer are."""

    about: Duration | UnsetType = UNSET
    settling: Duration | UnsetType = UNSET
    settling_limit: Duration | UnsetType = UNSET
    claim_limit: Duration | UnsetType = UNSET
    absence_limit: Duration | UnsetType = UNSET
    earlier: Duration | UnsetType = UNSET
    not_begun: Duration | UnsetType = UNSET
    remind: ClockTime | UnsetType = UNSET
    talk_within: Duration | UnsetType = UNSET
    talk_about: Annotated[int, _TALK] | UnsetType = UNSET
    talk_turns: Annotated[int, _TALK] | UnsetType = UNSET
    talk_most: Annotated[int, _TALK_MOST] | UnsetType = UNSET
    unsteady_within: Duration | UnsetType = UNSET
    group_wait: Duration | UnsetType = UNSET
    handset_most: Annotated[int, _HANDSET] | UnsetType = UNSET
    steady: Duration | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """Limits of words are whole numbers within the bounds that their counting can keep."""
        bounds = next((part for part in cls.parts(key) if isinstance(part, Meta) and part.ge is not None), None)
        if bounds is None:
            return super().complaint(key, value)
        what = f"is not from {bounds.ge} to {bounds.le}" if type(value) is int else "is not a whole number"
        return f"{value!r} {what}", f"write {key} = {getattr(Telling(), key)}"

    def telling(self) -> Telling:
        """The limits, with the product's own where none is given."""
        return Telling(**given(self))

    def __post_init__(self) -> None:
        """A text says `steady` in minutes.

        Raises:
            Wrong: it cannot.

        """
        steady, within = self.telling().steady, self.telling().talk_within
        if steady % timedelta(minutes=1) or not timedelta(0) < steady <= within:
            raise Wrong("steady", "it is not whole minutes up to talk_within", 'write steady = "15 minutes"')


class Quiet(Written):
    """When nobody is woken for what can wait."""

    begins: ClockTime | UnsetType = UNSET
    ends: ClockTime | UnsetType = UNSET
    prepare: Duration | UnsetType = UNSET

    def hours(self) -> QuietHours:
        """The hours, with the product's own where none is given."""
        return QuietHours(**given(self))


class Promises(Written):
    """By when customers are told. A time of zero promises nothing."""

    first_word: Duration | UnsetType = UNSET
    overdue_word: Duration | UnsetType = UNSET
    restored_word: Duration | UnsetType = UNSET

    def times(self, answers: Answers, warnings: Warnings) -> WordTimes:
        """With what follows where nobody answers, and when a word is called at risk; the product's own where none is given."""
        return WordTimes(**given(self), **answers.times(), fractions_left=warnings.fractions())


class Answering(Written):
    """How long each step waits where no receipt, and no answer, comes from customers of one importance."""

    receipt: Duration
    answer: Duration
    step: Duration


class Answers(Written):
    """By importance; a home with life support before any."""

    life_support: Answering | UnsetType = UNSET
    special: Answering | UnsetType = UNSET
    first: Answering | UnsetType = UNSET
    second: Answering | UnsetType = UNSET
    temporary: Answering | UnsetType = UNSET

    def times(self) -> dict[str, Any]:
        """Those that are given."""
        return {name: AnswerTimes(**given(one)) for name, one in asdict(self).items() if one is not UNSET}


class Warnings(Written):
    """When a promise is called at risk, by how much of its time is left."""

    fractions_left: Fractions | UnsetType = UNSET

    def fractions(self) -> tuple[float, ...]:
        """The product's own where none are given."""
        return FRACTIONS_LEFT if isinstance(self.fractions_left, UnsetType) else self.fractions_left


class Approval(Written):
    """Which sends a person is asked about first."""

    above: Annotated[int, _PEOPLE] | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """How many people is a whole number."""
        what = f"is not from 0 to {_PEOPLE.le}" if type(value) is int else "is not a whole number"
        return f"{value!r} {what}", f"write {key} = 5000, or 0 where nobody is asked"

    def people(self) -> int:
        """The number; 0 where none is given: nobody is asked."""
        return 0 if isinstance(self.above, UnsetType) else self.above


class Sending(Written):
    """What may be done where it is not known whether a text went."""

    critical_goes_on_after: Duration | UnsetType = UNSET

    def policy(self) -> SendingPolicy:
        """Off where no time is given, or none."""
        return SendingPolicy(given(self).get("critical_goes_on_after") or None)

    def __post_init__(self) -> None:
        """A look-up needs its time: sooner, a text would go twice that only waits for its verdict.

        Raises:
            Wrong: it has none.

        """
        after = self.policy().critical_goes_on_after
        if after is not None and after < timedelta(minutes=2):
            raise Wrong(
                "critical_goes_on_after",
                "a look-up takes longer",
                'write "2 minutes" or more, or leave it out for never',
            )


class Months(Written):
    """When a month is judged."""

    waits: Duration | UnsetType = UNSET

    def after(self) -> timedelta:
        """How long after its end; the product's own time where none is given."""
        return MONTH_WAITS if isinstance(self.waits, UnsetType) else span(self.waits)


class Settings(Written):
    """What the regime leaves to the utility."""

    calendar: Calendar
    key_customers: KeyCustomers
    lifecycle: Lifecycle
    budget: Budget
    overlaps: Overlaps
    plausible: Plausible
    facts: Facts = field(default_factory=Facts)
    telling: Patience = field(default_factory=Patience)
    quiet: Quiet = field(default_factory=Quiet)
    promises: Promises = field(default_factory=Promises)
    answers: Answers = field(default_factory=Answers)
    warnings: Warnings = field(default_factory=Warnings)
    approval: Approval = field(default_factory=Approval)
    sending: Sending = field(default_factory=Sending)
    tasks: Duty = field(default_factory=Duty)
    followups: Followups = field(default_factory=Followups)
    silence: SilenceAllowed = field(default_factory=SilenceAllowed)
    crews: Crews = field(default_factory=Crews)
    reliability: Reliability = field(default_factory=Reliability)
    months: Months = field(default_factory=Months)
    public_notice: PublicTold = field(default_factory=PublicTold)


_WORD = Literal["same", "any"]


class InsideNotice(Written):
    """What of a notice a plan must keep to lie inside it."""

    outage_class: _WORD
    safety_cut: _WORD
    period: Literal["same", "within"]
    lines: Inside
    areas: Inside
    transformers: Inside
    usage_points: Inside
    reason: _WORD


class RegimeHead(Written, forbid_unknown_fields=False):
    """What says which file it is, of whatever release."""

    id: Text
    version: Text


class Regime(RegimeHead, forbid_unknown_fields=True):
    """A regime: the rules a power utility goes by, as data."""

    title: Text
    settings: Settings
    inside: InsideNotice
    rules: Annotated[
        tuple[RuleTable, ...],
        Meta(
            min_length=1,
            extra={
                "what": "holds no rules",
                "remedy": "write [[{key}]] at least once, with the keys of one rule below",
            },
        ),
    ]

    def __post_init__(self) -> None:
        """A decision names its rule by the id.

        Raises:
            Wrong: two rules have the same.

        """
        ids = [rule.id for rule in self.rules]
        for number, rule_id in enumerate(ids):
            if rule_id in ids[:number]:
                raise Wrong(("rules", number, "id"), f"{rule_id} is used twice", "rename or remove one")
