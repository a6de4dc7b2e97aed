"""Run several outages through the restorer's decider, and hand on what is said of merged ones, as its background work does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts import dispatch
from services.kernel.model import Decision
from services.merging.handing_on import Merged
from services.plausibility.judging import HAPPENED
from services.restorer.domain.events import MERGE_DUE, MergeDue
from services.restorer.domain.merging.judging import Survivor, Survivors, waiting
from services.restorer.tables.merged import select
from tests.kits.deciders.restorer import Outage, at

LATE = "23:59"


class Faults:
    """Outages by mRID. What is said of a merged one is handed on at once, unless `hold` is set; then `hand_on` does it."""

    def __init__(self, *mrids: str) -> None:
        self.outages: dict[str, Outage] = {}
        self.hold = False
        self._handed: dict[str, int] = {}
        for mrid in mrids:
            self[mrid]

    def __getitem__(self, mrid: str) -> Outage:
        if mrid not in self.outages:
            outage = self.outages[mrid] = Outage(mrid=mrid)
            outage.survivors = self._survivors
        return self.outages[mrid]

    def hears(self, fact: Any, now: datetime | None = None) -> Decision:
        """Deliver a fact to its outage."""
        recorded = getattr(fact, HAPPENED[type(fact)]) if isinstance(fact, dispatch.FieldFact) else None
        decision = self[fact.mrid].hears(fact, now, recorded=recorded)
        if not self.hold:
            self.hand_on(now)
        return decision

    def hears_all(self, *facts: Any) -> list[str]:
        return [self.hears(fact).reason for fact in facts]

    def moves_to(self, now: datetime) -> None:
        for outage in list(self.outages.values()):
            outage.moves_to(now)
        self.hand_on(now)

    def hand_on(self, now: datetime | None = None) -> None:
        """All that waits to be handed on, and merges that wait for an outage that is known by now."""
        now = now or at(LATE)
        while any([*(self._one(outage, now) for outage in list(self.outages.values()))]):
            pass
        for outage in list(self.outages.values()):
            if any(self[fact.into].status != "unknown" for fact, _ in waiting(outage.state)):
                outage._take(MERGE_DUE, MergeDue(mrid=outage.mrid), now)
                if outage.state.merged is not None:
                    self.hand_on(now)

    def _one(self, outage: Outage, now: datetime) -> bool:
        merged = outage.state.merged
        after = self._handed.get(outage.mrid, 0)
        if merged is None or after == len(outage.log):
            return False
        self._handed[outage.mrid] = len(outage.log)
        target = self[merged.into]
        for event in outage.log[after:]:
            found = select(Merged(outage.mrid, merged.into, merged.merged_at), event)
            if found is not None:
                target.told += 1
                target._take(found[0], _through_json(found[1]), now)
        return True

    def _survivors(self, outage: Outage, data: msgspec.Struct) -> Survivors:
        named = {fact.into for fact, _ in waiting(outage.state)}
        if isinstance(data, dispatch.OutageMerged):
            named |= {data.into} | ({outage.state.merged.into} if outage.state.merged else set())
        return {into: self._survivor(into) for into in named}

    def _survivor(self, mrid: str) -> Survivor:
        while (merged := self[mrid].state.merged) is not None:
            mrid = merged.into
        view = self[mrid].view
        over = view["restoredAt"] or view["withdrawnAt"]
        ended = msgspec.convert(over, datetime | None) if over else None
        return Survivor(mrid, view["status"], view["outageClass"], view.get("planned", False), ended)


def _through_json(data: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(data), type=type(data))


def merged(clock: str, mrid: str = "A", into: str = "B", **more: Any) -> dispatch.OutageMerged:
    """Dispatch says that it is another outage."""
    return dispatch.OutageMerged(mrid=mrid, into=into, merged_at=at(clock), **more)
