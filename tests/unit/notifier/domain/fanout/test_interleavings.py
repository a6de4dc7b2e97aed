"""Registry changes, outages, chunks and look-ups in any order, their transactions overlapping as locks let them.

At the end, when all work is done, every customer's last word is the newest truth, and no word was said twice.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from services.concerned.matching import pairs
from services.kernel.model import Decision, Event, Message
from services.notifier.domain.events import (
    AUDIENCE_NEXT,
    AUDIENCE_REFRESH,
    AudienceDue,
    AudienceNext,
    AudienceRefresh,
    AudienceRematched,
)
from services.notifier.domain.fanout.decider import NotifierFanout
from services.notifier.domain.outage.narrowing import narrowed
from services.notifier.domain.outage.truth import Status, Truth
from tests.kits.deciders.fanout_tables import PaperTables
from tests.kits.deciders.notifier import at, customer

OUTAGES, PEOPLE, AREAS = ("F1", "F2"), ("ann", "bob", "eve"), ("north", "south")
NOW = at(5, 9)
some_areas = st.sets(st.sampled_from(AREAS))
Asked = AudienceNext | AudienceRefresh


@dataclass
class Look:
    """One process's look at the changed customers: what it read, and what it has still to submit."""

    rows: list[tuple[str, int]]
    asked: list[AudienceRefresh]


@dataclass
class Heard:
    """A word as a customer got it."""

    number: int
    touched: bool
    truth_version: int


@dataclass
class World:
    """What is committed, what is under way."""

    tables: PaperTables = field(default_factory=lambda: PaperTables(chunk=1))
    registry: dict[str, CustomerUpserted] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    inbox: set[str] = field(default_factory=set)
    # By outage: the transaction that holds its lock.
    under_way: dict[str, tuple[str, Asked, Decision]] = field(default_factory=dict)
    chosen: list[AudienceNext] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    heard: dict[tuple[str, str], list[Heard]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)


def name_of(asked: Asked) -> str:
    if isinstance(asked, AudienceNext):
        return f"{asked.mrid}/{asked.outage_version}/{asked.number}"
    return f"{asked.mrid}/registry/{asked.customer_id}/{asked.customer_version}"


class Interleavings(RuleBasedStateMachine):
    """Steps of several processes; what a lock forbids does not happen."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(mrid=st.sampled_from(OUTAGES), areas=some_areas, status=st.sampled_from(["out", "out", "restored"]))
    def outage(self, mrid: str, areas: set[str], status: Status) -> None:
        """A new truth commits; it waits for the row lock of a decision under way."""
        world = self.world
        job = world.tables.jobs.get(mrid)
        if mrid in world.under_way or (job is None and status == "restored"):
            return
        known = job.due.truth if job else None
        if status == "restored" and known is not None:
            areas = set(known.extent.areas)
        truth = Truth("fault", status, Extent(areas=tuple(sorted(areas))))
        if truth == known:
            return
        version = job.due.outage_version + 1 if job else 1
        why = narrowed(known, truth, "extent.changed.v1")
        world.tables.due(
            AudienceDue(mrid=mrid, outage_version=version, truth=truth, trigger="extent.changed.v1", narrowed=why)
        )

    @rule(name=st.sampled_from(PEOPLE), areas=some_areas, erased=st.sampled_from([False, False, False, True]))
    def registered(self, name: str, areas: set[str], erased: bool) -> None:
        """A registry change commits, with its row."""
        world = self.world
        before = world.registry.pop(name, None)
        if erased and before is None:
            return
        places = set(pairs(before)) if before else set()
        if not erased:
            world.registry[name] = customer(name, lines=(), areas=tuple(sorted(areas)))
            places |= set(pairs(world.registry[name]))
        else:
            # The conversation forgets what it heard.
            world.erased.add(name)
            for (_, whose), words in world.heard.items():
                if whose == name:
                    words.clear()
        world.versions[name] = world.versions.get(name, 0) + 1
        world.tables.changed(name, world.versions[name], places, forget=erased)

    @rule()
    def choose(self) -> None:
        """A process reads which chunk comes next; it may be late with it."""
        for mrid, job in self.world.tables.jobs.items():
            if not job.done:
                asked = AudienceNext(mrid=mrid, outage_version=job.due.outage_version, number=job.chunks + 1)
                if asked not in self.world.chosen:
                    self.world.chosen.append(asked)

    @rule()
    def look(self) -> None:
        """A process looks up the changed customers; another may do the same."""
        tables = self.world.tables
        if not tables.rematch or len(self.world.looks) > 1:
            return
        rows = [(name, row[0]) for name, row in sorted(tables.rematch.items())]
        asked = [
            AudienceRefresh(mrid=mrid, customer_id=name, customer_version=version, forget=tables.rematch[name][1])
            for name, version in rows
            for mrid in tables.outages_of(name)
        ]
        self.world.looks.append(Look(rows, asked))

    @rule(pick=st.integers(0, 5))
    def begin(self, pick: int) -> None:
        """A transaction gets the lock, reads and decides; it has not committed."""
        world = self.world
        waiting: list[Asked] = [*world.chosen, *(look.asked[0] for look in world.looks if look.asked)]
        if not waiting:
            return
        asked = waiting[pick % len(waiting)]
        if asked.mrid in world.under_way:
            return
        if isinstance(asked, AudienceNext):
            world.chosen.remove(asked)
        else:
            next(look for look in world.looks if look.asked and look.asked[0] == asked).asked.pop(0)
        if name_of(asked) in world.inbox:
            return
        decider = NotifierFanout()
        type_ = AUDIENCE_NEXT if isinstance(asked, AudienceNext) else AUDIENCE_REFRESH
        message = Message("/test", name_of(asked), type_, NOW, asked, asked.mrid, 0)
        facts = world.tables.facts(asked, world.registry)
        decision = decider.decide(decider.initial("fanout/x"), facts, message, NOW)
        world.under_way[asked.mrid] = (name_of(asked), asked, decision)

    @rule(pick=st.integers(0, 1), dies=st.sampled_from([False, False, False, True]))
    def end(self, pick: int, dies: bool) -> None:
        """It commits; or its process dies, and whoever comes next begins anew."""
        world = self.world
        if not world.under_way:
            return
        mrid = sorted(world.under_way)[pick % len(world.under_way)]
        name, _, decision = world.under_way.pop(mrid)
        if dies:
            # All that one process had in hand is gone with it.
            world.looks.clear()
            return
        world.inbox.add(name)
        events = [
            Event("fanout/x", n, uuid4(), one.type, one.data, NOW, "/test/x", "because")
            for n, one in enumerate(decision.events, 1)
        ]
        if not events:
            return
        world.tables.told(events)
        decided = events[0].data
        for event in events:
            if isinstance(event.data, CustomerTouched):
                self._hears(mrid, event.data, decided.outage_version)
        if isinstance(decided, AudienceRematched) and decided.forgotten:
            assert decided.customer_id not in world.tables.members[mrid]

    def _hears(self, mrid: str, word: CustomerTouched, version: int) -> None:
        words = self.world.heard.setdefault((mrid, word.customer_id), [])
        assert all(word.outage_version > old.number for old in words), "numbers rise with every word"
        words.append(Heard(word.outage_version, word.touched, version))

    @rule()
    def clean(self) -> None:
        """A look whose words are all said deletes its rows, unless they changed again."""
        world = self.world
        for look in [look for look in world.looks if not look.asked]:
            pending = {
                asked.customer_id for _, asked, _ in world.under_way.values() if isinstance(asked, AudienceRefresh)
            }
            if pending & {name for name, _ in look.rows}:
                continue
            world.looks.remove(look)
            for name, version in look.rows:
                if name in world.tables.rematch and world.tables.rematch[name][0] == version:
                    del world.tables.rematch[name]

    @rule()
    def look_and_clean(self) -> None:
        """A look that comes to its end before anything else happens, if nothing holds it up."""
        self.look()
        self.clean()

    def teardown(self) -> None:
        """Everything comes to its end; then who was told what must be who is concerned."""
        world = self.world
        for _ in range(500):
            self.choose()
            self.look()
            self.begin(0)
            self.end(0, dies=False)
            self.clean()
        idle = not (world.under_way or world.looks or world.tables.rematch)
        assert idle, "something is never done"
        for mrid, job in world.tables.jobs.items():
            assert job.done
            self._all_know(mrid)

    def _all_know(self, mrid: str) -> None:
        world, job = self.world, self.world.tables.jobs[mrid]
        places = set(pairs(job.due.truth.extent))
        for name in PEOPLE:
            words = world.heard.get((mrid, name), [])
            last = words[-1] if words else None
            concerned = name in world.registry and not places.isdisjoint(pairs(world.registry[name]))
            if job.due.truth.status == "out":
                assert (last is not None and last.touched) == concerned or name not in world.registry, (name, words)
            if last is not None and last.touched and name in world.registry:
                assert last.truth_version == job.due.outage_version, "the newest truth is the last word"
            # Whoever was erased is told anew, perhaps by both sides; their conversation sees that it is the same.
            said = [(word.touched, word.truth_version) for word in words if name not in world.erased]
            assert all(one != two for one, two in pairwise(said)), "nothing is said twice"


Interleavings.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestInterleavings = Interleavings.TestCase


def test_whoever_moves_away_while_a_chunk_holds_their_old_place_is_told_so() -> None:
    city = Interleavings()
    city.registered("ann", {"north"}, erased=False)
    city.look_and_clean()
    city.outage("F1", {"north"}, "out")
    city.choose()
    city.begin(0)
    city.registered("ann", set(), erased=False)
    city.look_and_clean()
    assert city.world.tables.rematch, "the look waits for the chunk, for it knows the old place"
    city.end(0, dies=False)
    city.teardown()
    assert [word.touched for word in city.world.heard["F1", "ann"]] == [True, False]


def test_whoever_comes_behind_the_chunk_that_passed_them_is_told_by_the_other_side() -> None:
    city = Interleavings()
    city.outage("F1", {"north"}, "out")
    city.choose()
    city.begin(0)
    city.registered("ann", {"north"}, erased=False)
    city.end(0, dies=False)
    city.teardown()
    assert [word.touched for word in city.world.heard["F1", "ann"]] == [True]
