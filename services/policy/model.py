"""What a regime file holds, once read: rules and settings, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from schemas.contracts.base import RuleRef
from services.plausibility.figures import FIGURES, Figures
from services.policy.calendar import WorkingCalendar
from services.policy.duty import (
    ASKING_TIMES,
    FOLLOWUP_TIMES,
    SILENCE_TIMES,
    TASK_TIMES,
    AskingTimes,
    FollowupTimes,
    SilenceTimes,
    TaskTimes,
)
from services.policy.promised import WORD_TIMES, WordTimes
from services.policy.quiet import QUIET, QuietHours
from services.policy.vocabulary import (
    WORDING_MARKS,
    Aggregate,
    Audience,
    BudgetYear,
    Content,
    DayCount,
    Excuse,
    Inside,
    Limit,
    Obligation,
    Territory,
    Unit,
)
from services.policy.warning_times import FRACTIONS_LEFT, warnings_at

MONTH_WAITS = timedelta(days=3)
"""So long after a month's end late facts are waited for, where a regime says nothing."""
DAYS: frozenset[Unit] = frozenset({"calendar-days", "working-days"})
SPANS: frozenset[Unit] = DAYS | {"hours", "minutes", "seconds"}


class PolicyError(ValueError):
    """A regime file or a question to it makes no sense; the message names the file, rule and key, and the remedy."""


class Between(Struct, frozen=True, forbid_unknown_fields=True):
    """A range of numbers that a trait may lie in: at_least <= trait < below; None leaves that side open."""

    at_least: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        """Refuse a range without ends.

        Raises:
            ValueError: neither is given.

        """
        if self.at_least is None and self.below is None:
            raise ValueError("a range needs at_least, below or both")

    def holds(self, trait: object) -> bool:
        """Whether `trait` is a number in the range."""
        if isinstance(trait, bool) or not isinstance(trait, int | float | Decimal):
            return False
        return (self.at_least is None or trait >= self.at_least) and (self.below is None or trait < self.below)


Condition = frozenset[str | bool] | Between


@dataclass(frozen=True, slots=True)
class Rule:
    """One obligation from one source. The comment at the head of policies/cn-service-standard.toml explains each key.

    `limit` says what the span between `measure_from` and `measure_to` must be: at least `amount` (a notice), or at
    most (a deadline). `at_risk_before` is how long before its due time a promise is called at risk first, `fractions_left`
    with how much of its time left again (None: as the settings say).
    """

    id: str
    source: str
    obligation: Obligation
    verified: bool
    wording: str
    note: str | None = None
    applies_when: Mapping[str, Condition] = field(default_factory=dict, hash=False)
    measure_from: str = ""
    measure_to: str = ""
    limit: Limit = "at-most"
    amount: Decimal | None = None
    unit: Unit = "none"
    day_count: DayCount | None = None
    calendar: Literal["utility"] | None = None
    audience: Audience = "none"
    content_required: tuple[Content, ...] = ()
    tolerance: timedelta = timedelta(0)
    aggregate: Aggregate = "each"
    exceptions: tuple[Excuse, ...] = ()
    consequence: str = "none"
    refusal: str = "rule-broken"
    at_risk_before: timedelta = timedelta(0)
    fractions_left: tuple[float, ...] | None = None

    @property
    def wording_mark(self) -> str | None:
        """The mark that says why `wording` is no quotation (one of WORDING_MARKS); None where it is one."""
        return next((mark for mark in WORDING_MARKS if self.wording.startswith(mark)), None)

    def applies(self, traits: Mapping[str, object]) -> bool:
        """Whether every condition is met; a trait that nobody gave meets none."""
        return all(
            name in traits
            and (condition.holds(traits[name]) if isinstance(condition, Between) else traits[name] in condition)
            for name, condition in self.applies_when.items()
        )


@dataclass(frozen=True, slots=True)
class Telling:
    """The [settings.telling] of a regime file: how patient the words to one customer are."""

    about: timedelta = timedelta(minutes=15)
    """A spoken time is "about" (左右): missed, and worth an apology, once so much has passed beyond it."""
    settling: timedelta = timedelta(seconds=20)
    """"Power is back" and "you are not among those" wait so long for a fact that says otherwise."""
    settling_limit: timedelta = timedelta(minutes=5)
    """Where what was sent in that time cannot be read, a person hears of it after so long, in real time."""
    claim_limit: timedelta = timedelta(minutes=15)
    """Power said to be back and not proven holds a customer's texts no longer than this."""
    absence_limit: timedelta = timedelta(hours=1)
    """An outage that a polled list lacks holds texts that a clock calls for no longer than this; then dispatch is asked."""
    earlier: timedelta = timedelta(minutes=30)
    """A time before the one that was told is told where it lies so much earlier, or more."""
    not_begun: timedelta = timedelta(minutes=30)
    """Noticed work of which no start was reported so long after its time is said not to have begun; never where it is zero."""
    remind: time = time(15, 0)
    """At this time of the working day before planned work whoever knows of it is reminded."""
    talk_within: timedelta = timedelta(hours=2)
    """The time over which the words to one customer are counted."""
    talk_about: int = 6
    """So many words about one plan, or about supply while that does not change, within that time; what is owed comes on top."""
    talk_turns: int = 4
    """So many times within it "off" and "back" are told as they come; then that supply is unstable."""
    talk_most: int = 16
    """So many words to one customer within it; half of them and more are kept for changes of supply."""
    unsteady_within: timedelta = timedelta(minutes=30)
    """Supply that goes off and comes back twice within this is called unstable, in the third text at the latest."""
    group_wait: timedelta = timedelta(seconds=30)
    """News to whoever is not critical waits so long for more of it, so that one text says it all."""
    handset_most: int = 10
    """So many texts to one telephone within an hour, whoever they are for; the last of them is kept for power that is back or off
    again, and for corrections. What finds no place is a call."""
    steady: timedelta = timedelta(minutes=15)
    """Supply that was said to be unstable is steady after so long: then the present truth is told."""


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """The [settings.sending] of a regime file: what may be done where it is not known whether a text went."""

    critical_goes_on_after: timedelta | None = None
    """A text of the critical lane of which a provider has said nothing for so long goes by another, though it may then arrive
    twice; None: never."""


@dataclass(frozen=True, slots=True)
class ReliabilityPolicy:
    """The [settings.reliability] of a regime file: how figures of supply are made."""

    sustained: timedelta = timedelta(minutes=5)
    """What lasts longer is a sustained interruption, what does not a momentary one (IEEE Std 1366-2012)."""
    customers_served: int = 0
    """How many customers are served where the network model does not say it; 0: nobody says it."""


PUBLISHED: Final = "published"
"""What the promise to tell the public rests on where no channel says what it shows: that the notice was published."""


@dataclass(frozen=True, slots=True)
class PublicNoticePolicy:
    """The [settings.public_notice] of a regime file: when the public counts as told, and how a page is watched."""

    counted_by: tuple[str, ...] = (PUBLISHED,)
    """Channels of which one must have shown the notice; or `PUBLISHED` alone."""
    proof_holds: timedelta = timedelta(hours=1)
    """A page that is read once counts as readable for so long: it is looked at so often."""
    proof_late: timedelta = timedelta(minutes=15)
    """And the next look may be so much later."""
    unread_most: timedelta = timedelta(hours=1)
    """Of the time for which the public is owed the notice, so much may be without proof that it could be read."""
    shown_within: timedelta = timedelta(minutes=30)
    """A notice in force that no channel has shown for so long is somebody's task."""

    @property
    def channels(self) -> frozenset[str]:
        """Those that count; none where publishing is enough."""
        return frozenset(self.counted_by) - {PUBLISHED}


@dataclass(frozen=True, slots=True)
class Tuning:
    """The [settings] of a regime file: what the regime leaves to the utility."""

    country: str
    """Whose working days count, ISO 3166, unless the utility's setting names another country."""
    informing_time: timedelta
    """How long the notifier needs to reach the key customers of one plan."""
    close_after: timedelta
    """How long power must stay on before an outage is closed."""
    same_fault_within: timedelta
    """Power off again within this time of being back: the same fault, not done."""
    budget_year: BudgetYear
    """The year over which planned outages of one customer are counted."""
    overlap_near: timedelta = timedelta(0)
    """How near to each other two works at one place must be for one cut to be offered."""
    furthest_ahead: timedelta = timedelta(days=366)
    """A start later than this from now is taken for a data-entry error."""
    longest: timedelta = timedelta(days=30)
    """A cut longer than this is taken for a data-entry error."""
    facts: Figures = FIGURES
    """How far from its record a fact may lie and still be believed."""
    telling: Telling = Telling()
    quiet: QuietHours = QUIET
    """When nobody is woken for what can wait."""
    words: WordTimes = WORD_TIMES
    """By when customers are told, and what follows where nobody answers."""
    asking: AskingTimes = ASKING_TIMES
    """When dispatch is asked for a word that is missing."""
    warnings: tuple[float, ...] = FRACTIONS_LEFT
    """With how much of its time left a promise is called at risk, where its rule says nothing."""
    approve_above: int = 0
    """A send to more people than this waits for an operator's approval; 0: none does."""
    sending: SendingPolicy = SendingPolicy()
    tasks: TaskTimes = TASK_TIMES
    """By when people have what is to be done."""
    followups: FollowupTimes = FOLLOWUP_TIMES
    """How reporters are called back."""
    silence: SilenceTimes = SILENCE_TIMES
    """How long a customer without power may hear nothing before somebody looks why."""
    territory: Territory = "urban"
    """Where a fault lies of which neither dispatch nor the network model says it."""
    reliability: ReliabilityPolicy = ReliabilityPolicy()
    """How figures of supply are made."""
    month_waits: timedelta = MONTH_WAITS
    """How long after its end a month is judged."""
    public_notice: PublicNoticePolicy = PublicNoticePolicy()
    """What the promise to tell the public rests on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One regime. `version` is the version written in the file and a digest of the file, so that no edit hides."""

    id: str
    version: str
    title: str
    rules: Mapping[str, Rule]
    settings: Tuning
    inside: Mapping[str, Inside] = field(default_factory=dict, hash=False)
    """By field of a notice: what of it a plan must keep to lie inside it (table [inside])."""

    def select(self, obligation: str, **traits: object) -> tuple[Rule, ...]:
        """The rules for `obligation` whose applies_when matches `traits`, in the order of the file."""
        return tuple(rule for rule in self.rules.values() if rule.obligation == obligation and rule.applies(traits))

    def rule(self, rule_id: str) -> Rule:
        """One rule by its id.

        Raises:
            PolicyError: there is none; the message lists those there are.

        """
        try:
            return self.rules[rule_id]
        except KeyError:
            known = ", ".join(self.rules)
            raise PolicyError(f"policy {self.id} has no rule {rule_id!r}: use one of {known}") from None

    def warnings(
        self, rule: Rule, since: datetime, due_at: datetime, before: timedelta | None = None
    ) -> tuple[datetime, ...]:
        """When a promise under `rule` is called at risk, the earliest first: at least once (services/policy/warning_times.py).

        `before`: how long before it is due the first time, where that is less than the rule's own.
        """
        fractions = self.settings.warnings if rule.fractions_left is None else rule.fractions_left
        return warnings_at(since, due_at, fractions, rule.at_risk_before if before is None else before)


def rule_ref(policy: Policy, rule: Rule, calendar: WorkingCalendar) -> RuleRef:
    """How a decision or promise cites `rule`, so that it can be shown years later."""
    return RuleRef(
        policy_id=policy.id,
        policy_version=policy.version,
        rule_id=rule.id,
        calendar_version=calendar.version,
        source=rule.source,
        verified=rule.verified,
    )


def moved_by(was: RuleRef | None, now: RuleRef | None) -> str:
    """The named reason why a deadline counted under `was` stands elsewhere under `now`."""
    if was is None or now is None or (was.rule_id, was.policy_version) != (now.rule_id, now.policy_version):
        return "rule-changed"
    return "calendar-changed" if was.calendar_version != now.calendar_version else "deadline-recomputed"
