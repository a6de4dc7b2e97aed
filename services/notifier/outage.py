"""One outage, as far as key customers are concerned: what is learnt of it, and what is therefore to be told.

Streams outage/<mRID>. Pure. Whom it is told to is no business of this stream: a fan-out goes through the registry in
chunks (fanout.py) with the word that is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas import messages
from schemas.dispatch import ExtentChanged
from schemas.promises import Promise
from schemas.registry import TYPE_OF
from services.kernel.model import Decision, Event, Message, NewEvent, TimerFired
from services.notifier.audience import pairs
from services.notifier.events import AUDIENCE_DUE, AUDIENCE_MATCHED, AudienceDue, Narrowed
from services.notifier.informing import (
    INFORMING_RECHECKED,
    Informing,
    InformingRechecked,
    Reach,
    fired,
    keep,
    on_fact,
    shown,
    timers,
)
from services.notifier.truth import Facts, Truth, learn, truth
from services.places.extents import says_nothing

# Facts this stream listens to. supply.restored is a hint that holds overdue texts; only restoration.confirmed ends.
FACT_TYPES: Final[frozenset[str]] = frozenset(
    {
        "outage.started.v1",
        "fault.reported.v1",
        "extent.changed.v1",
        "ert.changed.v1",
        "crew.status.v1",
        "cause.cleared.v1",
        "supply.restored.v1",
        "outage.reopened.v1",
        "curtailment.ordered.v1",
        "notice.published.v1",
        "notice.amended.v1",
        "notice.withdrawn.v1",
        "notice.deadline-moved.v1",
        "notice.breached.v1",
        "restoration.part.v1",
        "restoration.confirmed.v1",
        "restoration.refused.v1",
    }
)
NOTHING: Final = Facts()
ENDED: Final = frozenset({"restored", "withdrawn"})


@dataclass(frozen=True)
class Outage:
    """State of one stream. `version` rises with each truth that is to be told."""

    mrid: str
    facts: Facts = NOTHING
    version: int = 0
    informing: Informing | None = None
    """The promise of the notice in force, that key customers hear of it in time."""


class NotifierOutage:
    """Decider of streams outage/<mRID>."""

    category = "outage"

    def initial(self, stream_id: str) -> Outage:
        """Nothing known yet."""
        return Outage(mrid=stream_id.partition("/")[2])

    def evolve(self, state: Outage, event: Event) -> Outage:
        """Registers for facts. Logs of the first version hold the audience, too: of that only the version counts here."""
        if event.type in (AUDIENCE_DUE, AUDIENCE_MATCHED):
            return replace(state, version=event.data.outage_version)
        if event.type in FACT_TYPES:
            return replace(state, facts=learn(state.facts, event.data))
        return replace(state, informing=keep(state.informing, event.data))

    def decide(self, state: Outage, facts: Reach | None, message: Message, now: datetime) -> Decision:
        """Learn a fact; where the truth is another one then, it is to be told, whole.

        `facts`, for a timer: whom the notice had to reach and whom it reached. Named no-ops: `not-for-customers`,
        `older-or-already-known`, `names-no-place` (an extent of a count alone); recorded and silent: `held-until-known`,
        `held-until-confirmed` (calls alone), `nothing-changes-for-customers`, `over-before-anyone-was-told`,
        `no-place-known` (nobody can be told).
        """
        if isinstance(message.data, TimerFired):
            return self._fired(state, facts, message.data, now)
        decision = self._learn(state, message)
        promised = [_promise(state.mrid, word) for word in on_fact(state.informing, message.data)]
        return replace(decision, events=(*decision.events, *promised)) if decision.events and promised else decision

    def _fired(self, state: Outage, reach: Reach | None, timer: TimerFired, now: datetime) -> Decision:
        if state.informing is None or reach is None:
            return Decision("promise-settled")
        words = fired(state.mrid, state.informing, timer.name, reach, now, unproven=timer.unproven)
        said = [_promise(state.mrid, word) for word in words]
        return Decision("key-customers-looked-at", said)

    def _learn(self, state: Outage, message: Message) -> Decision:
        if message.type not in FACT_TYPES:
            return Decision("not-for-customers")
        after = learn(state.facts, message.data)
        if after == state.facts:
            silent = isinstance(message.data, ExtentChanged) and says_nothing(message.data.extent)
            return Decision("names-no-place" if silent else "older-or-already-known")
        recorded = NewEvent(message.type, message.data)
        before, present = truth(state.facts), truth(after)
        if present is None:
            # Calls alone foretell an outage: they are told to nobody as a fact (truth.py).
            return Decision("held-until-confirmed" if after.report else "held-until-known", (recorded,))
        if present == before:
            return Decision("nothing-changes-for-customers", (recorded,))
        if present.status in ENDED and state.version == 0:
            # Nobody needs to hear of the end of what they were never told.
            return Decision("over-before-anyone-was-told", (recorded,))
        if says_nothing(present.extent) and state.version == 0:
            # Whom it touches is not known before a fact or a notice says where it is.
            return Decision("no-place-known", (recorded,))
        due = AudienceDue(
            mrid=state.mrid,
            outage_version=state.version + 1,
            truth=present,
            trigger=message.type,
            narrowed=narrowed(before, present, message.type),
        )
        return Decision("to-be-told", (recorded, NewEvent(AUDIENCE_DUE, due)))

    def timers(self, state: Outage) -> Mapping[str, datetime]:
        """Those of the promise to tell key customers; spoken times are watched in each customer's conversation."""
        return timers(state.informing)

    def view(self, state: Outage) -> dict[str, Any]:
        """Truth and version."""
        known = truth(state.facts)
        told: dict[str, Any] = {
            "mRID": state.mrid,
            "version": state.version,
            "truth": known,
            "facts": state.facts,
            "promises": shown(state.informing),
        }
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told, order="deterministic"))
        return plain


def narrowed(before: Truth | None, present: Truth, trigger: str) -> Narrowed | None:
    """Whether the extent lost places, and why: whoever leaves is told that power is back only where a step proved it."""
    if before is None or set(pairs(before.extent)) <= set(pairs(present.extent)):
        return None
    return "step" if trigger == "restoration.part.v1" else "correction"


def _promise(mrid: str, word: Promise | InformingRechecked) -> NewEvent:
    """A word about the promise: published under the outage's own key, but for what only this stream remembers."""
    if isinstance(word, InformingRechecked):
        return NewEvent(INFORMING_RECHECKED, word)
    return NewEvent(TYPE_OF[type(word)], word, topic=messages.TOPIC, key=mrid)
