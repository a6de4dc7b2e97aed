"""Derive which promises the course of an outage makes.

What is promised, from when, how long and to whom it applies stands in the policy (policies/*.toml). Here stand only the
moments that its rules may name: how "the first report" or "the crew on site" reads in the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from schemas.contracts.base import RuleRef, Territory
from schemas.contracts.dispatch import OutageReclassified
from services.policy import Policy, PolicyError, Rule, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord, Standing, episode_of
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.territory import WhereItLies, lies
from services.restorer.domain.episodes import Episode
from services.restorer.domain.events import BrokenBefore
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

FROM: Mapping[str, Callable[[Episode], Moment | None]] = {
    "first-report": lambda episode: episode.reported,
    "cause-cleared": lambda episode: episode.cleared,
}
TO: Mapping[str, Callable[[Episode], Moment | None]] = {
    "crew-arrived": lambda episode: episode.arrived,
    "supply-restored": lambda episode: episode.ended,
}
OBLIGATIONS = ("fault-done", "restore-supply", "crew-on-site", "meter-fault-done")
CALL_BACK = "call-back"
TERRITORY = "territory"


def check(policy: Policy) -> None:
    """Make sure that every rule the restorer keeps can be measured.

    Raises:
        PolicyError: a rule measures from or to a moment that the facts do not show; names the rule and what it may say.

    """
    for rule in policy.rules.values():
        if rule.obligation in OBLIGATIONS and rule.aggregate == "each":
            for name, known in ((rule.measure_from, FROM), (rule.measure_to, TO)):
                if name not in known:
                    raise PolicyError(
                        f"rule {rule.id} of policy {policy.id}: the restorer cannot see {name!r}; "
                        f"write one of {', '.join(sorted(known))}"
                    )


@dataclass(frozen=True, slots=True)
class DuePromise:
    """A promise as the facts want it: one rule in one episode."""

    rule: RuleRef
    episode: int
    obligation: str
    since: Moment
    due_at: datetime
    at_risk_at: datetime
    done: Moment | None
    moot: Moment | None = None
    """What made the thing promised needless: power back before any crew came."""
    provisional: bool = False
    """Whether the deadline was counted over a year whose holidays nobody has announced."""
    void: tuple[str, Moment] | None = None
    """Why the promise does not bind at all, and the fact that says so."""
    where: WhereItLies | None = None
    """The territories of the outage for which the rule asks it, and who says that it lies there."""
    broken: BrokenBefore | None = None
    """It was broken already when outages that are one still had promises of their own: that stays so."""

    def standing(self, due_at: datetime) -> Standing:
        """How the promise stands by the facts alone; open where only its deadline can decide."""
        if self.void is not None:
            return "voided"
        if self.broken is not None:
            return "broken"
        if self.done is not None and self.done.at <= due_at:
            return "kept"
        if self.moot is not None and self.moot.at <= due_at:
            return "voided"
        return "open" if self.done is None else "broken"

    @property
    def void_reason(self) -> str:
        """The named reason of a voided promise."""
        return self.void[0] if self.void is not None else "restored-before-crew"


@dataclass(frozen=True, slots=True)
class ReportedFault:
    """What all reports together say about the fault; the order in which they came does not show."""

    traits: Mapping[str, object]
    customer_side: Moment | None = None
    extraordinary: Moment | None = None
    unexplained: bool = False
    """Somebody called the damage extraordinary and gave no reason: that voids nothing."""


def reported(state: SupplyState) -> ReportedFault:
    """Where the fault lies and what kind it is.

    The earliest report says whether it is the meter; one word that the fault is the
    utility's outweighs any that it is the customer's; extraordinary damage counts only with its reason
    (第5篇 第五条2: voided only with a recorded reason).
    """
    reports = state.reports
    customer_side = reports.customer_side if "utility" not in reports.sides else None
    if (said := state.corrected("fault_side")) is not None:
        # Whoever looked again knows better than all who called.
        word, cause = said
        customer_side = Moment(word.corrected_at, cause) if word.fault_side == "customer" else None
    if reports.first is None:
        # A fault that was taken for the utility's own work need not be reported.
        return ReportedFault({"meter_fault": False} if state.reclassified() else {}, customer_side=customer_side)
    return ReportedFault(
        {"meter_fault": reports.first.meter_fault},
        customer_side=customer_side,
        extraordinary=reports.explained,
        unexplained=reports.beyond and reports.explained is None,
    )


def wanted(state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar) -> list[DuePromise]:
    """Every promise that the facts ask for, over all episodes; of an outage that was merged none, for another makes them."""
    return [] if state.merged is not None else asked(state, course, policy, calendar)


def asked(state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar) -> list[DuePromise]:
    """Every promise that the facts ask for, whoever makes it."""
    said = reported(state)
    published = {(one.rule.rule_id, episode_of(one.promise_id)): one for one in state.promises.values()}
    # Rules for ordinary faults are asked for in any case: what excuses them is a voided promise, not a silent one.
    traits = {"outage_class": course.outage_class, **said.traits, "ordinary": True}
    own = course.outage_class == "fault" != course.was  # the utility had cut the power itself: nobody had to report it
    where = lies(state, policy.settings.territory) if state.reports.first is not None or own else None
    found = [
        replace(due, where=there)
        for obligation in OBLIGATIONS
        for rule, there in asking(policy, obligation, traits, where)
        if rule.aggregate == "each"
        for due in _over_episodes(course, policy, rule, calendar, _excuse(rule, said), published)
    ]
    found = [*_broken_before(state, course, policy, calendar, found)]
    return [replace(due, at_risk_at=_strictest(due, found)) for due in found]


def asking(
    policy: Policy, obligation: str, traits: Mapping[str, object], where: WhereItLies | None
) -> Iterator[tuple[Rule, WhereItLies | None]]:
    """The rules that ask for something, in the order of the file; with the territories for which, where they look at that."""
    names = where.names if where is not None else ()
    for rule in policy.rules.values():
        if rule.obligation != obligation:
            continue
        if where is None or TERRITORY not in rule.applies_when:
            if rule.applies(traits):
                yield rule, None
        elif there := tuple(name for name in names if rule.applies({**traits, TERRITORY: name})):
            yield rule, replace(where, names=there)


def reclassified(state: SupplyState, course: Course, policy: Policy) -> tuple[frozenset[str], str] | None:
    """Rules that bound the outage while it was taken for something else, and the fact that says what it is.

    None where nobody said anew what it is.
    """
    word = state.reclassified()
    if word is None:
        return None
    said, everywhere = reported(state), WhereItLies(get_args(Territory), "policy")
    others = {course.was, *(each.outage_class for each, _ in state.of(OutageReclassified))} - {course.outage_class}
    rules = {
        rule.id
        for other in others
        for name in OBLIGATIONS
        for rule, _ in asking(policy, name, {"outage_class": other, **said.traits, "ordinary": True}, everywhere)
        if rule.aggregate == "each"
    }
    return frozenset(rules), word[1]


def _broken_before(
    state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar, found: Sequence[DuePromise]
) -> Iterator[DuePromise]:
    """With what was broken under outages that are this one: each such promise counts once, as broken.

    Where the facts of both together would ask for no such promise (the first report of all is of another territory), it stands
    by its own figures.
    """
    broken = {
        (one.rule_id, _episode_at(course, one.measured_from)): one
        for other in state.joined.values()
        for one in sorted(other.broken, key=lambda each: each.due_at, reverse=True)
    }
    for due in found:
        yield replace(due, broken=broken.pop((due.rule.rule_id, due.episode), None))
    for (rule_id, episode), one in broken.items():
        rule = policy.rules.get(rule_id)
        binds = state.reclassified() is None and course.episodes[episode - 1].withdrawn is None
        if rule is not None and binds:
            yield DuePromise(
                rule=rule_ref(policy, rule, calendar),
                episode=episode,
                obligation=rule.obligation,
                since=Moment(one.measured_from, one.promise_id),
                due_at=one.due_at,
                at_risk_at=one.due_at,
                done=None,
                broken=one,
            )


def _episode_at(course: Course, at: datetime) -> int:
    """The time without power to which an instant belongs: the first that was not over by then."""
    over = [(each.number, each.over) for each in course.episodes]
    return next((number for number, end in over if end is None or end.at >= at), over[-1][0])


def withdrawn(course: Course) -> Mapping[int, Moment]:
    """The episodes that were none, each with the word that said so."""
    return {each.number: each.withdrawn for each in course.episodes if each.withdrawn is not None}


def callback_rule(course: Course, policy: Policy, calendar: WorkingCalendar) -> RuleRef | None:
    """The rule under which a person calls the reporter back, if the policy has one."""
    rules = policy.select(CALL_BACK, outage_class=course.outage_class)
    return rule_ref(policy, rules[0], calendar) if rules else None


def _excuse(rule: Rule, said: ReportedFault) -> tuple[str, Moment] | None:
    """What voids a promise of `rule`, as far as the rule itself lets it."""
    if said.customer_side is not None and "fault-side-customer" in rule.exceptions:
        return "customer-side-fault", said.customer_side
    if said.extraordinary is not None and "extraordinary-fault" in rule.exceptions:
        return "extraordinary-fault", said.extraordinary
    return None


def _over_episodes(
    course: Course,
    policy: Policy,
    rule: Rule,
    calendar: WorkingCalendar,
    void: tuple[str, Moment] | None,
    published: Mapping[tuple[str, int], PromiseRecord],
) -> Iterator[DuePromise]:
    """One rule, episode by episode.

    Power that goes off again soon (the policy's same_fault_within) after it was back shows that the fault was not done:
    a promise kept by that restoration is voided (reopened), and the clock from the first report runs on in the next
    episode. A promise broken before stays broken, and the next episode starts a clock of its own, so that one fault is
    judged once. Whether it was kept or broken is asked of the deadline that was published: rules may have changed since.
    Of an outage that was withdrawn nothing is asked (`withdrawn` says which those are).
    """
    carried: Moment | None = None
    for index, episode in enumerate(course.episodes):
        since = carried or FROM[rule.measure_from](episode)
        carried = None
        if since is None or episode.withdrawn is not None:
            continue
        limit = deadline(rule, since.at, calendar)
        due = DuePromise(
            rule=rule_ref(policy, rule, calendar),
            episode=episode.number,
            obligation=rule.obligation,
            since=since,
            due_at=limit.due_at + rule.tolerance,
            at_risk_at=limit.at_risk_at,
            done=TO[rule.measure_to](episode),
            moot=episode.ended if rule.measure_to == "crew-arrived" else None,
            provisional=limit.provisional,
            void=void,
        )
        last = published.get((rule.id, episode.number))
        promised = last.due_at if last is not None and last.measured_from == since.at else due.due_at
        following = course.episodes[index + 1].began if index + 1 < len(course.episodes) else None
        if (
            rule.measure_to == "supply-restored"
            and episode.ended is not None
            and following is not None
            and following.at - episode.ended.at <= policy.settings.same_fault_within
            and due.standing(promised) == "kept"
        ):
            due = replace(due, void=("reopened", following))
            carried = since if rule.measure_from == "first-report" else None
        yield due


def _strictest(due: DuePromise, found: list[DuePromise]) -> datetime:
    """When parallel rules promise the same thing from the same moment, the strictest drives all warnings."""
    same = (due.obligation, due.episode, due.since.at)
    return min(other.at_risk_at for other in found if (other.obligation, other.episode, other.since.at) == same)
