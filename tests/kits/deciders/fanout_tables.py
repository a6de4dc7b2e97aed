"""Hold the tables of fan-outs in memory: what services/notifier/tables/fanout.py does with a database, for tests without one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerUpserted
from services.concerned.matching import match, named_back, pairs, said_back
from services.concerned.supplies import supply_rows
from services.kernel.model import Event
from services.notifier.domain.customer.lanes import is_critical
from services.notifier.domain.events import (
    AudienceChunk,
    AudienceDenied,
    AudienceDue,
    AudienceNext,
    AudienceRefresh,
    AudienceRematched,
    Narrowed,
)
from services.notifier.domain.fanout.decider import FanoutCandidate, FanoutFacts, FanoutJob, ToldCustomer
from services.notifier.domain.outage.truth import has_ended
from services.places import normals

Place = tuple[str, str]


@dataclass
class PaperTables:
    """fanout_job, audience_member, outage_match and rematch. The registry is given to whoever reads."""

    chunk: int = 1_000
    jobs: dict[str, FanoutJob] = field(default_factory=dict)
    members: dict[str, dict[str, ToldCustomer]] = field(default_factory=dict)
    rematch: dict[str, tuple[int, bool, frozenset[Place]]] = field(default_factory=dict)
    denied: dict[str, frozenset[str]] = field(default_factory=dict)
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the network model calls lines and areas in other languages."""
    looks: int = 0

    def due(self, due: AudienceDue | AudienceDenied, registry: Mapping[str, CustomerUpserted] | None = None) -> None:
        if isinstance(due, AudienceDenied):
            self._deny(due, registry or {})
            return
        old = self.jobs.get(due.mrid)
        narrowed: Narrowed | None = due.narrowed
        if old is not None and not old.done and old.narrowed is not None:
            narrowed = old.narrowed if narrowed in (None, old.narrowed) else "correction"
        self.jobs[due.mrid] = FanoutJob(due, narrowed=narrowed, said=old.said if old else 0)
        self.members.setdefault(due.mrid, {})
        self.denied[due.mrid] = normals(due.truth.denied.usage_points)

    def _deny(self, said: AudienceDenied, registry: Mapping[str, CustomerUpserted]) -> None:
        """Where it is denied that power is back has changed: whoever is there is looked at again."""
        now = normals(said.denied.usage_points)
        changed, self.denied[said.mrid] = self.denied.get(said.mrid, frozenset()) ^ now, now
        for name in self.members.get(said.mrid, {}):
            if name in registry and any(("usagePoint", form) in set(pairs(registry[name])) for form in changed):
                self.looks += 1
                self.changed(name, 1_000 + self.looks, ())

    def take_over(self, into: str, mrid: str) -> None:
        """Whom a merged outage holds, the one that goes on holds now."""
        held = self.members.setdefault(into, {})
        for name, member in self.members.get(mrid, {}).items():
            if member.touched and not (name in held and held[name].touched):
                held[name] = ToldCustomer(0, touched=True)

    def changed(self, customer_id: str, version: int, places: Iterable[Place], *, forget: bool = False) -> None:
        _, forgotten, before = self.rematch.get(customer_id, (0, False, frozenset[Place]()))
        self.rematch[customer_id] = (version, forget or forgotten, before | frozenset(places))

    def outages_of(self, customer_id: str) -> list[str]:
        """Outages that a changed customer is to be matched with."""
        _, forget, places = self.rematch[customer_id]
        found = []
        for mrid, job in self.jobs.items():
            is_open = not has_ended(job.due.truth)
            member = self.members[mrid].get(customer_id)
            extent = job.due.truth.extent
            # Of a shape the tables give whoever is in a rectangle about it: to be asked once more than need be changes nothing.
            at_a_place = is_open and (
                extent.shape is not None
                or not places.isdisjoint((*pairs(extent), *named_back(extent, job.due.truth.back)))
            )
            denies = member is not None and (member.denied or bool(self.denied.get(mrid)))
            if at_a_place or denies or (member is not None and (forget or (member.touched and is_open))):
                found.append(mrid)
        return sorted(found)

    def facts(self, asked: AudienceNext | AudienceRefresh, registry: Mapping[str, CustomerUpserted]) -> FanoutFacts:
        job = self.jobs.get(asked.mrid)
        if job is None:
            return FanoutFacts(None)
        truth, members = job.due.truth, self.members[asked.mrid]
        back = () if has_ended(truth) else named_back(truth.extent, truth.back)
        people = match(truth.extent, registry.values(), back=back, spent=truth.spent)
        matched = {one.customer_id: one.matched_by for one in people}

        def candidate(name: str) -> FanoutCandidate:
            known = registry.get(name)
            has_several = known is not None and bool(supply_rows(known))
            own = set(pairs(known)) if known is not None else set[Place]()
            there = tuple(
                f"usagePoint:{form}" for form in sorted(self.denied.get(asked.mrid, ())) if ("usagePoint", form) in own
            )
            claimed = sorted(said_back(truth.extent, truth.claimed) & own)
            kinds = {kind for kind, _ in claimed}
            wanted = {*pairs(truth.extent), *back, *claimed}
            unsaid = sorted({kind for kind, form in own if kind in kinds and (kind, form) not in wanted})
            lit = tuple(sorted(f"{kind}:{form}" for kind, form in back if (kind, form) in own)) if has_several else ()
            return FanoutCandidate(
                name,
                matched.get(name),
                members.get(name),
                several=has_several,
                back_at=lit,
                denied_at=there,
                said_back_at=tuple(f"{kind}:{form}" for kind, form in claimed),
                unsaid=tuple(unsaid),
            )

        if isinstance(asked, AudienceRefresh):
            return FanoutFacts(job, (candidate(asked.customer_id),), called=self.called)
        if asked.outage_version != job.due.outage_version:
            return FanoutFacts(job)
        held = {name for name, member in members.items() if member.touched}
        concerned = held if has_ended(truth) else held | matched.keys()
        ids = sorted(name for name in concerned if name > job.cursor)
        most = min(self.chunk, asked.most or self.chunk)
        more = len(ids) > most
        ahead = (
            [name for name in ids if name in registry and is_critical(registry[name])]
            if more and not job.chunks
            else []
        )
        found = tuple(map(candidate, (ahead or ids)[:most]))
        return FanoutFacts(job, found, more=more, ahead=bool(ahead), called=self.called)

    def told(self, events: Sequence[Event]) -> None:
        """Fold the events of one decision of a fan-out."""
        decided = events[0].data
        job, members = self.jobs[decided.mrid], self.members[decided.mrid]
        for event in events:
            if isinstance(event.data, CustomerTouched):
                members[event.data.customer_id] = ToldCustomer(
                    decided.outage_version, event.data.touched, event.data.denied
                )
        if isinstance(decided, AudienceRematched) and decided.forgotten:
            del members[decided.customer_id]
        job = replace(job, said=max(job.said, decided.said))
        if isinstance(decided, AudienceChunk) and decided.outage_version == job.due.outage_version:
            done = decided.upto is None
            job = replace(job, chunks=decided.number, cursor=decided.upto or "", done=done)
        self.jobs[decided.mrid] = job
