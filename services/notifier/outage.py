"""One outage, as far as key customers are concerned: whatever is learnt of it goes to each customer it touches.

Streams outage/<mRID>. Pure. What is decided goes to outage.audience, one message per customer with the full truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas import audience
from schemas.audience import CustomerTouched
from schemas.base import Extent
from services.kernel.model import Decision, Event, Message, NewEvent
from services.notifier.audience import Match
from services.notifier.events import AUDIENCE_MATCHED, AUDIENCE_REFRESH, AudienceMatched
from services.notifier.truth import Facts, Truth, learn, truth

TOUCHED: Final = "customer.touched.v1"
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
        "notice.breached.v1",
        "restoration.part.v1",
        "restoration.confirmed.v1",
        "restoration.refused.v1",
    }
)
NOTHING: Final = Facts()
_ENDED: Final = frozenset({"restored", "withdrawn"})


@dataclass(frozen=True)
class Outage:
    """State of one stream. `version` rises with each word to customers; `audience`: customer → still touched."""

    mrid: str
    facts: Facts = NOTHING
    version: int = 0
    audience: Mapping[str, bool] = field(default_factory=dict)


class NotifierOutage:
    """Decider of streams outage/<mRID>."""

    category = "outage"

    def initial(self, stream_id: str) -> Outage:
        """Nothing known yet."""
        return Outage(mrid=stream_id.partition("/")[2])

    def evolve(self, state: Outage, event: Event) -> Outage:
        """Registers for facts, the audience as matched; customer.touched is only said, not remembered."""
        if event.type == AUDIENCE_MATCHED:
            matched: AudienceMatched = event.data
            now_touched = dict.fromkeys(matched.touched, True) | dict.fromkeys(matched.left, False)
            return replace(state, version=matched.outage_version, audience={**state.audience, **now_touched})
        if event.type in FACT_TYPES:
            return replace(state, facts=learn(state.facts, event.data))
        return state

    def decide(self, state: Outage, facts: Sequence[Match] | None, message: Message, now: datetime) -> Decision:
        """Tell each touched customer the new truth.

        `facts` are the customers that `extent_after(state, message)` touches. Named no-ops: `not-for-customers`,
        `older-or-already-known`; recorded and silent: `held-until-known`, `nothing-changes-for-customers`,
        `over-before-anyone-was-told`, `nobody-touched`.
        """
        if message.type == AUDIENCE_REFRESH:
            known = truth(state.facts)
            if known is None:
                return Decision("held-until-known")
            return self._tell(state, (), known, facts or (), message, now, changed=False)
        if message.type not in FACT_TYPES:
            return Decision("not-for-customers")
        after = learn(state.facts, message.data)
        if after == state.facts:
            return Decision("older-or-already-known")
        recorded = (NewEvent(message.type, message.data),)
        before, present = truth(state.facts), truth(after)
        if present is None:
            return Decision("held-until-known", recorded)
        return self._tell(state, recorded, present, facts or (), message, now, changed=before != present)

    def _tell(
        self,
        state: Outage,
        recorded: Sequence[NewEvent],
        present: Truth,
        matches: Sequence[Match],
        message: Message,
        now: datetime,
        *,
        changed: bool,
    ) -> Decision:
        matched = {one.customer_id: one.matched_by for one in sorted(matches, key=lambda one: one.customer_id)}
        held = {customer for customer, touched in state.audience.items() if touched}
        if present.status in _ENDED:
            # Nobody needs to hear of the end of what they were never told.
            matched = {customer: by for customer, by in matched.items() if customer in held}
            if not held:
                reason = "over-before-anyone-was-told" if recorded else "nothing-changes-for-customers"
                return Decision(reason, recorded)
            # The end is for everyone still held, though the registry may have moved them meanwhile.
            matched |= {customer: () for customer in held if customer not in matched}
        left = sorted(held - matched.keys())
        new = matched.keys() - held
        if not changed and not left and not new:
            return Decision("nothing-changes-for-customers", recorded)
        told = sorted(matched) if changed else sorted(new)
        if not told and not left:
            return Decision("nobody-touched", recorded)
        version = state.version + 1
        events = [
            *recorded,
            NewEvent(
                AUDIENCE_MATCHED,
                AudienceMatched(mrid=state.mrid, outage_version=version, touched=tuple(sorted(new)), left=tuple(left)),
            ),
        ]
        for customer in (*told, *left):
            events.append(  # noqa: PERF401 - one event reads better than a nested list
                NewEvent(
                    TOUCHED,
                    _touched(state.mrid, customer, version, present, matched.get(customer), message.type, now),
                    topic=audience.TOPIC,
                    key=customer,
                )
            )
        return Decision("customers-told", events)

    def timers(self, state: Outage) -> Mapping[str, datetime]:  # noqa: ARG002 - the protocol's shape
        """None: times are watched where they were spoken, in each customer's conversation."""
        return {}

    def view(self, state: Outage) -> dict[str, Any]:
        """Truth, version, audience."""
        known = truth(state.facts)
        shown: dict[str, Any] = {
            "mRID": state.mrid,
            "version": state.version,
            "truth": known,
            "audience": state.audience,
            "facts": state.facts,
        }
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shown, order="deterministic"))
        return plain


def extent_after(state: Outage, message: Message) -> Extent:
    """The extent that will hold once `message` is known: what to match the registry against."""
    known = truth(learn(state.facts, message.data) if message.type in FACT_TYPES else state.facts)
    return known.extent if known else Extent()


def _touched(
    mrid: str,
    customer: str,
    version: int,
    present: Truth,
    matched_by: tuple[str, ...] | None,
    trigger: str,
    now: datetime,
) -> CustomerTouched:
    status = present.status
    restored_at = present.restored_at
    if matched_by is None and status == "part-restored" and trigger != "restoration.part.v1":
        # Left because the extent was corrected, not because a step gave power back: nothing proves that it is back.
        status, restored_at = "out", None
    return CustomerTouched(
        customer_id=customer,
        mrid=mrid,
        outage_version=version,
        touched=matched_by is not None,
        matched_by=matched_by or (),
        outage_class=present.outage_class,
        status=status,
        trigger=trigger,
        planned_period=present.planned_period,
        previous_period=present.previous_period,
        started_at=present.started_at,
        ert=present.ert,
        next_update_at=present.next_update_at,
        restored_at=restored_at,
        crew_assigned=present.crew_assigned,
        cause=present.cause,
        proof_pending=present.proof_pending,
        breaches=present.breaches,
        extent=present.extent,
        notice_id=present.notice_id,
        inform_by=present.inform_by,
        at=now,
    )
