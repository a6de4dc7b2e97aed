"""Run one outage through the restorer's decider: what the kernel does, without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec

from schemas.contracts import all_types, dispatch
from schemas.contracts.base import Extent, encode
from schemas.contracts.dispatch import TYPES, FaultReported, OutageStarted, SupplyRestored
from schemas.contracts.evidence import replies
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.restorations import FollowupDue
from schemas.envelope import newest
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, TimerFired
from services.merging.words import FactOfMerged
from services.places import normal
from services.places.extents import KINDS, names
from services.places.topology import NetworkModel, NetworkPart
from services.places.topology.part import NO_PART
from services.places.topology.territory import territories
from services.plausibility.judging import HAPPENED
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain import events
from services.restorer.domain.course.beside import Beside, LackedPlaces, OtherOutage
from services.restorer.domain.course.territory import asked
from services.restorer.domain.decider import RestorerOutage
from services.restorer.domain.evidence.readings import PointReading
from services.restorer.domain.lifecycle import Course, course_by, course_of
from services.restorer.domain.merging.judging import Survivors
from services.restorer.domain.owed.asked import wanted
from services.restorer.domain.state import SupplyState
from services.restorer.tables.kept_network import LACKED, places_of
from services.restorer.tables.outages import NAMES, moves_places, named_by, told_by
from services.restorer.tables.overlaps import ever_off
from tests.kits.network.models import EDITION
from tests.kits.network.parts import part_of
from tests.kits.promises import Lives

MRID = "outage-1"
POLICY = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
STRUCTS = {**all_types.STRUCTS, **events.STRUCTS}
TYPE_OF_FACT = {struct: name for name, struct in {**TYPES, **replies.TYPES}.items()}

FAULT_DONE = "cn.fault.done-24h"
WORKING_DAY = "cn.restore.one-working-day"
DAY_2024 = "cn.restore.24h-2024"
CREW = "cn.fault.crew-45min"
CREW_UNREPORTED = "cn.fault.crew-45min-unreported"

EAST = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
POINTS = Extent(usage_points=("up-1", "up-2", "up-3"))


def at(clock: str, day: int = 5) -> datetime:
    """A March 2026 clock time in Shanghai; the 5th is a Thursday."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=UTC) - timedelta(hours=8)


def points(*names: str) -> Extent:
    return Extent(usage_points=names)


def started(clock: str = "9:12", extent: Extent = POINTS, **more: Any) -> OutageStarted:
    more = {"outage_class": "fault"} | more
    return OutageStarted(mrid=MRID, started_at=at(clock), extent=extent, **more)


def reported(clock: str = "9:20", **more: Any) -> FaultReported:
    return FaultReported(mrid=MRID, reported_at=at(clock), **more)


def cleared(clock: str, day: int = 5) -> dispatch.CauseCleared:
    return dispatch.CauseCleared(mrid=MRID, cleared_at=at(clock, day))


def restored(clock: str, day: int = 5, **more: Any) -> SupplyRestored:
    return SupplyRestored(mrid=MRID, restored_at=at(clock, day), **more)


def part(clock: str, *names: str) -> SupplyRestored:
    return restored(clock, scope="part", extent=points(*names))


def reopened(clock: str, day: int = 5, **more: Any) -> dispatch.OutageReopened:
    return dispatch.OutageReopened(mrid=MRID, reopened_at=at(clock, day), **more)


def withdrawn(clock: str, day: int = 5, **more: Any) -> dispatch.OutageWithdrawn:
    return dispatch.OutageWithdrawn(mrid=MRID, withdrawn_at=at(clock, day), **more)


def perhaps_back(clock: str, day: int = 5) -> dispatch.SupplyPerhapsRestored:
    return dispatch.SupplyPerhapsRestored(mrid=MRID, missing_at=at(clock, day))


def listed_again(clock: str, day: int = 5) -> dispatch.OutageListedAgain:
    return dispatch.OutageListedAgain(mrid=MRID, listed_at=at(clock, day))


def corrected(clock: str, started: str | None = None, **more: Any) -> dispatch.OutageCorrected:
    since = at(started) if started is not None else None
    return dispatch.OutageCorrected(mrid=MRID, corrected_at=at(clock), started_at=since, **more)


def reclassified(clock: str, outage_class: Any, day: int = 5, **more: Any) -> dispatch.OutageReclassified:
    return dispatch.OutageReclassified(mrid=MRID, reclassified_at=at(clock, day), outage_class=outage_class, **more)


def extent_changed(clock: str, extent: Extent) -> dispatch.ExtentChanged:
    return dispatch.ExtentChanged(mrid=MRID, changed_at=at(clock), extent=extent)


def crew(clock: str, status: Any = "arrived") -> dispatch.CrewStatus:
    return dispatch.CrewStatus(mrid=MRID, crew_status=status, at=at(clock))


def metered(point: str, clock: str, *, on: bool, own: bool = False) -> PointReading:
    """A reading of one usage point's meter."""
    return PointReading(normal(point), point, None, on, own, at(clock), f"metering/{point}/{clock}")


def denied(clock: str, where: Extent, customer: str = "C-1") -> SupplyDenied:
    """A customer's text that power is not back."""
    return SupplyDenied(mrid=MRID, customer_id=customer, said_at=at(clock), extent=where)


class Outage:
    """One outage with its log. Every step checks what the kernel checks."""

    def __init__(self, policy: Any = POLICY, network: NetworkModel | None = None, mrid: str = MRID) -> None:
        self.decider = RestorerOutage(policy, CALENDAR)
        self.network = network
        self.mrid = mrid
        self.survivors: Callable[[Outage, msgspec.Struct], Survivors] = lambda *_: {}
        """What is read of other outages, as one of which this may go on."""
        self.others: tuple[OtherOutage, ...] = ()
        self.neighbours: Mapping[str, SupplyState] = {}
        self.read: dict[str, PointReading] = {}
        """The newest reading of each usage point."""
        self._kept = NO_PART
        self.state: SupplyState = self.decider.initial(f"outage/{mrid}")
        self.log: list[Event] = []
        self.lives = Lives()
        self.told = 0
        self._shown: tuple[SupplyState, dict[str, Any], dict[str, datetime]] | None = None

    def branch(self) -> Outage:
        """The outage as it is now, to go on in a way of its own."""
        other = copy(self)
        other.log, other.read, other.lives = list(self.log), dict(self.read), deepcopy(self.lives)
        return other

    def hears(
        self,
        fact: dispatch.Fact,
        now: datetime | None = None,
        *,
        recorded: datetime | None = None,
    ) -> Decision:
        """Deliver a fact; `now` defaults to a moment that no verdict may depend on, `recorded` to when it happened."""
        self.told += 1
        if recorded is None and isinstance(fact, dispatch.FieldFact):
            recorded = getattr(fact, HAPPENED[type(fact)])
        return self._take(TYPE_OF_FACT[type(fact)], fact, now or at("23:59"), recorded)

    def answer(self, question_id: str, *, accept: bool, now: datetime | None = None) -> Decision:
        """A person answers a question."""
        said = events.FactAnswered(
            mrid=self.mrid, question_id=question_id, accept=accept, by="Wang", reason="looked it up"
        )
        return self._take(events.FACT_ANSWERED, said, now or at("23:59"))

    def looks(self, *readings: PointReading, now: datetime | None = None) -> Decision:
        """Meters are read, and the outage looks at what they say."""
        self.read |= {one.form: one for one in readings}
        self.told += 1
        return self._take(events.METERS_LOOKED, events.MetersLooked(mrid=MRID), now or at("23:59"))

    def looks_beside(self, *others: Outage, now: datetime | None = None) -> Decision:
        """Outages at its places moved, and it looks at them again (services/restorer/tables/overlaps.py)."""
        self.neighbours = {one.mrid: one.state for one in others if one is not self}
        self.told += 1
        return self._take(events.OTHERS_MOVED, events.OthersMoved(mrid=self.mrid), now or at("23:59"))

    def hears_all(self, *facts: dispatch.Fact) -> list[str]:
        return [self.hears(fact).reason for fact in facts]

    def moves_to(self, now: datetime, *, unproven: bool = False, only: str = "") -> list[str]:
        """Fire what is due by `now`, earliest first; `only` those whose name begins so."""
        reasons = []
        while due := sorted((end, name) for name, end in self.timers.items() if end <= now and name.startswith(only)):
            due_at, name = due[0]
            decision = self._take(TIMER_FIRED, TimerFired(name=name, due_at=due_at, unproven=unproven), now)
            assert self.timers.get(name) != due_at, f"{name} fired and is still armed"
            reasons.append(decision.reason)
        return reasons

    def _take(self, kind: str, data: msgspec.Struct, now: datetime, recorded: datetime | None = None) -> Decision:
        name = f"{kind}-{self.told}-{len(self.log)}"
        message = Message("test", name, kind, now, data, self.mrid, 0, recorded_at=recorded or now)
        beside = self.beside(data)
        decision = self.decider.decide(self.state, beside, message, now)
        assert decision == self.decider.decide(self.state, beside, message, now), "decide must be deterministic"
        for event in decision.events:
            made = Event(
                f"outage/{self.mrid}",
                len(self.log) + 1,
                uuid5(NAMESPACE_OID, f"{message.cause}/{len(self.log)}"),
                event.type,
                newest(
                    event.type, msgspec.json.decode(encode(event.data), type=STRUCTS[event.type])
                ),  # as the log gives it
                now,
                message.cause,
                decision.reason,
            )
            self.log.append(made)
            self.lives.hear(made.data)
            self.state = self.decider.evolve(self.state, made)
        msgspec.json.encode(self.view)
        if decision.events and beside is not None and beside.network is not None:
            course = remembered(course_by(self.state, beside.network))
            assert course == remembered(course_of(self.state)), "what the network says is remembered"
        self.check_timers()
        if self.status in {"closed", "withdrawn"}:
            self._kept = NO_PART  # as the service does with its table
        if self.status != "unknown":
            left = list(self.decider._following.consequences(self.state, course_of(self.state), now))
            if any(name.startswith("callbacks/") for name in self.timers):
                left = [word for word in left if not isinstance(word, FollowupDue)]  # whose turn it is not yet
            assert left == [], "what must be said is said at once, and only once"
        return decision

    def beside(self, data: msgspec.Struct) -> Beside | None:
        """What the service reads beside the outage (services/restorer/tables/outages.py), of a network in memory."""
        if isinstance(data, events.OthersMoved):
            return self._neighbourhood()
        territory = self._territory(data)
        beside = self._places(data)
        return beside if territory is None else replace(beside or Beside(), territory=territory)

    def _neighbourhood(self) -> Beside:
        states = [self.state, *self.neighbours.values()]
        named = [extent for one in states if (off := ever_off(one)) is not None for extent in off.named]
        if self.network is None or not named:
            return Beside()
        part = NetworkPart(self._kept).with_more(part_of(self.network, set(places_of(named))))
        return Beside(part if part.kept.elements else None, neighbours=self.neighbours)

    def _territory(self, data: msgspec.Struct) -> events.TerritoryByModel | None:
        fact = told_by(self.state, data)
        for extent in asked(self.state, fact) if fact is not None and self.network is not None else ():
            found = territories(self.network, extent)
            return events.TerritoryByModel(mrid=MRID, territories=found, network_models=(EDITION,))
        return None

    def _places(self, data: msgspec.Struct) -> Beside | None:
        data = data.fact() if isinstance(data, FactOfMerged) else data
        survivors = self.survivors(self, data)
        if not moves_places(self.state, data):
            return Beside(survivors=survivors) if survivors else None
        if self.network is None:
            return Beside(others=self.others, readings=self._readings(), survivors=survivors)
        named = [*named_by(self.state, data), *(one.off for one in self.others)]
        wanted = {place for place in places_of(named) if ":".join(place) not in self._kept.called}
        drawn = {extent.shape for extent in named if extent.shape is not None}
        part = NetworkPart(self._kept).with_more(part_of(self.network, wanted, drawn=drawn))
        self._kept = part.kept
        course = course_of(self.state)
        gone = [
            name
            for kind in KINDS
            for name in names(course.extent, kind)
            if part.called(kind, normal(name)) and not self.network.called(kind, name)
        ]
        return Beside(
            part if part.kept.elements else None,
            tuple(gone),
            self.others,
            readings=self._readings(),
            survivors=survivors,
            lacked=self._lacked([course.extent, *([data.extent] if isinstance(data, NAMES) else [])]),
        )

    def _lacked(self, named: list[Extent]) -> LackedPlaces:
        """As services/restorer/tables/kept_network.py finds it in tables."""
        network = self.network
        assert network is not None
        known = {words for words, _, _ in network.names()}
        lacked = {
            kind: tuple(
                dict.fromkeys(
                    name
                    for extent in named
                    for name in names(extent, kind)
                    if normal(name)
                    and not network.called(kind, name)
                    and f"{kind}:{normal(name)}" not in self._kept.called
                )
            )
            for kind in LACKED
            if kind in known
        }
        return LackedPlaces(msgspec.structs.replace(Extent(), **lacked), (EDITION,))

    def _readings(self) -> tuple[PointReading, ...]:
        network = self.network
        return tuple(
            one._replace(element=next(iter(network.called("usage_points", one.written)), None)) if network else one
            for _, one in sorted(self.read.items())
        )

    def check_timers(self) -> None:
        """Every open promise has its deadline and its warning; no closed one has any."""
        wanted = set()
        for promise in self.view["promises"]:
            if promise["state"] in {"open", "atRisk"}:
                wanted.add(f"promise/{promise['promiseId']}/due")
            again = len(promise.get("warnAgainAt", ()))
            if promise["state"] == "open" or (promise["state"] == "atRisk" and promise.get("warned", 1) <= again):
                wanted.add(f"promise/{promise['promiseId']}/at-risk")
        assert {name for name in self.timers if name.startswith("promise/")} == wanted
        assert ("close" in self.timers) == (self.status == "restored")

    @property
    def timers(self) -> dict[str, datetime]:
        return self._show()[2]

    @property
    def view(self) -> dict[str, Any]:
        return self._show()[1]

    def _show(self) -> tuple[SupplyState, dict[str, Any], dict[str, datetime]]:
        """The state with its view and timers: asked for many times, they are made once for each state."""
        if self._shown is None or self._shown[0] is not self.state:
            self._shown = (self.state, self.decider.view(self.state), self.decider.timers(self.state))
        return self._shown

    @property
    def status(self) -> str:
        return str(self.view["status"])

    def events(self, kind: str) -> list[Any]:
        """What was published (or closed) of one type, e.g. promise.kept."""
        return [event.data for event in self.log if event.type == f"{kind}.v1"]

    def promise(self, rule: str, episode: str = "1") -> dict[str, Any]:
        """A promise by rule and episode, e.g. 1 or 1.2."""
        wanted = f"{self.mrid}/{rule}/{episode}"
        return next(p for p in self.view["promises"] if p["promiseId"] == wanted)

    def standings(self) -> dict[tuple[str, str], str]:
        """How each rule stands in each episode: the last promise made for it counts."""
        return {
            (p["ruleId"], p["promiseId"].rpartition("/")[2].partition(".")[0]): p["state"]
            for p in self.view["promises"]
        }

    def wanted(self) -> set[tuple[str, str]]:
        """Rule and episode of every promise that the facts ask for, whatever was published."""
        due = wanted(self.state, course_of(self.state), POLICY, CALENDAR) if self.status != "unknown" else ()
        return {(each.rule.rule_id, str(each.episode)) for each in due if not each.is_silent}

    def replay(self) -> SupplyState:
        """The state that the log alone gives."""
        state = self.decider.initial(f"outage/{self.mrid}")
        for event in self.log:
            state = self.decider.evolve(state, event)
        return state


def in_every_order(outage: Outage, facts: Sequence[dispatch.Fact]) -> Iterator[Outage]:
    """The outage once it has heard the facts, for each order of them; what two orders begin with is heard once."""
    if not facts:
        yield outage
    for at, fact in enumerate(facts):
        other = outage.branch()
        other.hears(fact)
        yield from in_every_order(other, [*facts[:at], *facts[at + 1 :]])


def remembered(course: Course) -> Course:
    """A course without what a claim is refused for: said once, when it is refused."""
    return replace(course, refusals=[one._replace(contradicted_by=()) for one in course.refusals])


def iso(instant: datetime) -> str:
    """As the view shows instants."""
    return str(msgspec.to_builtins(instant))
