"""The state of one customer's conversation: what they were told, what is so, and hence which text is due. Pure.

Texts belong to threads: `supply` (is there power, and when again) and one per notice. In a thread a newer text
supersedes an older one; what a customer believes is what the last text that reached a provider in that thread said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal, NamedTuple

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import CrewStatusKind, OutageClass, Period
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import Lane, Trigger
from services.concerned.supplies import Plight, hit_by, plight, several, ways
from services.kernel.values.sortedset import SortedSet
from services.notifier.domain.customer.lanes import word_due
from services.notifier.domain.customer.owing.state import NOTHING_OWED, CustomerLedger
from services.notifier.domain.events import AlarmKind, TextMeant
from services.notifier.domain.outage.truth import as_noticed
from services.notifier.domain.replies.heard import NOTHING_HEARD, Heard
from services.notifier.domain.text_states import TextState

SUPPLY: Final = "supply"
RETRY: Final = "retry/supply"
NOT_BEGUN: Final = "not-begun"
DARK: Final = frozenset({"out", "part-restored"})


@dataclass(frozen=True)
class RequestedText:
    """One text of ours and how far it came."""

    message_id: str
    contact_id: str
    mrids: tuple[str, ...]
    trigger: Trigger
    lane: Lane
    requested_at: datetime
    expires_at: datetime
    meant: TextMeant
    state: TextState = "requested"
    provider: str | None = None
    sid: str | None = None
    other_sids: tuple[str, ...] = ()
    code: int | None = None
    """Of the failure, where the text failed and the provider gave one."""
    failed_at: datetime | None = None
    not_before: datetime | None = None
    """Not handed over earlier, where it had to wait."""
    ref: str = ""
    """The code that it bears."""

    @property
    def said_at(self) -> datetime:
        """When it went out, or will, by our own plan."""
        return self.requested_at if self.not_before is None else max(self.requested_at, self.not_before)

    @property
    def pending(self) -> bool:
        """Asked for, and no provider has said it took it."""
        return self.state == "requested"

    @property
    def settled(self) -> bool:
        """As far as we know the customer has read it, or will."""
        return self.state in ("accepted", "delivered")


class HeldBack(NamedTuple):
    """What is not said for now, until when, and why: enough was said, or it waits for the morning (quiet_hours.py)."""

    says: str
    until: datetime
    why: str = "talked-enough"


class OffOn(NamedTuple):
    """Supply went off, and came back."""

    off_at: datetime
    on_at: datetime


class PastOutage(NamedTuple):
    """An outage that is over."""

    mrid: str
    version: int


@dataclass(frozen=True)
class Customer:
    """State of one conversation. Mappings keep insertion order; they are never changed in place."""

    customer_id: str
    profile: CustomerUpserted | None = None
    erased_at: datetime | None = None
    outages: Mapping[str, CustomerTouched] = field(default_factory=dict)
    texts: Mapping[str, RequestedText] = field(default_factory=dict)
    unsayable: tuple[str, ...] = ()
    """What somebody was called for because no contact could be told: thread and content, the latest last."""
    bad_contacts: frozenset[str] = frozenset()
    watched_until: datetime | None = None
    meaning: TextMeant | None = None
    over_since: datetime | None = None
    """Since when, by our own record, no outage holds them; None while one does."""
    settled: bool = False
    """Whether all that was sent until some time after that is known: only then is the end told."""
    held: int = 0
    """How often in a row it was seen that by the tables an outage holds them of which no word has come."""
    claimed_since: datetime | None = None
    """Since when all that holds them is said to be over, without proof."""
    alarms: Mapping[AlarmKind, datetime] = field(default_factory=dict)
    """What waits for a person, since when."""
    tries: int = 0
    """How often all contacts were tried again since nobody could be reached."""
    retried_at: datetime | None = None
    past: SortedSet[PastOutage] = field(default_factory=SortedSet)
    """Outages that are over and forgotten (past_outages.py), each with the number of its last word."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Outages that went on as another which has spoken since, each with that one (merged_outages.py)."""
    texts_needed: int = 0
    """How many texts were needed when it was last looked at which are not."""
    turned_at: datetime | None = None
    """When power last went off or came back for them, by our own record."""
    went_off: datetime | None = None
    """Since when supply is off, by dispatch's word."""
    off_ons: tuple[OffOn, ...] = ()
    """The last two times that it went off and truly came back (patience/unsteady.py)."""
    hushed: Mapping[str, HeldBack] = field(default_factory=dict)
    """By thread, what is not said at present, though it is due."""
    looked: Mapping[str, datetime] = field(default_factory=dict)
    """By outage, when its noticed work was last looked at for what is due around it."""
    owed: CustomerLedger = NOTHING_OWED
    """What is promised to them, and what they confirmed (owing/)."""
    heard: Heard = NOTHING_HEARD
    """What they answered (replies/)."""

    @property
    def untextable(self) -> frozenset[str]:
        """Contacts to whom no text goes: their number is no good, or they said STOP."""
        return self.bad_contacts | self.heard.opted_out.keys()

    def holding(self) -> tuple[CustomerTouched, ...]:
        """Outages that hold a supply of this customer now, by mRID."""
        return tuple(one for _, one in sorted(self.outages.items()) if one.touched and one.status in DARK)

    def plight(self) -> Plight:
        """How their supplies stand."""
        return plight(self.profile, self.holding())

    def dark(self) -> tuple[CustomerTouched, ...]:
        """Outages that keep this customer without power now, by mRID; none while one of several supplies is left to them."""
        return self.holding() if self.plight().off else ()

    def thread(self, name: str) -> tuple[RequestedText, ...]:
        """The texts of one thread, oldest first."""
        return self._threads.get(name, ())

    @cached_property
    def _threads(self) -> Mapping[str, tuple[RequestedText, ...]]:
        """All of them: each decision asks for the thread of every outage and of every notice."""
        found: dict[str, list[RequestedText]] = {}
        for text in self.texts.values():
            found.setdefault(text.meant.thread, []).append(text)
        return {name: tuple(texts) for name, texts in found.items()}


@dataclass(frozen=True)
class Belief:
    """What the customer takes to be so about their supply."""

    kind: Literal["nothing", "out", "back", "not-touched", "supply-lost"] = "nothing"
    mrids: frozenset[str] = frozenset()
    ert: datetime | None = None
    next_word_by: datetime | None = None
    said_at: datetime | None = None
    explicit: bool = False
    went_at: datetime | None = None
    """When the text that says so went out, or will: it may have had to wait."""
    since: datetime | None = None
    restored_at: datetime | None = None
    lost: frozenset[str] = frozenset()
    """Of several supplies those that they take to be lost, while they have power."""

    def watch_at(self, about: timedelta) -> datetime | None:
        """When another word must follow a spoken time: after an expected time, before a promised word."""
        if self.kind not in ("out", "supply-lost"):
            return None
        word = word_due(self.said_at, self.next_word_by) if self.next_word_by is not None else None
        if self.ert is None:
            return word
        return self.ert + about if word is None else min(word, self.ert + about)

    def awaits_word(self, now: datetime) -> bool:
        """Whether a next word was promised, and it is time to give it."""
        return self.next_word_by is not None and now >= word_due(self.said_at, self.next_word_by)


@dataclass(frozen=True)
class DueText:
    """A text that is due: what it says, not yet to whom. `says` names the content; equal content is not said again."""

    thread: str
    trigger: Trigger
    mrids: tuple[str, ...]
    version: int
    says: str
    believes: Literal["noticed", "cancelled", "out", "back", "not-touched", "supply-lost"]
    lead: CustomerTouched
    reason: str
    period: Period | None = None
    previous: Period | None = None
    since: datetime | None = None
    ert: datetime | None = None
    told: datetime | None = None
    said: datetime | None = None
    """When that was said which it takes back."""
    next_word_by: datetime | None = None
    restored_at: datetime | None = None
    preliminary: bool = False
    """Dispatch is not sure of the expected time: it is said with the next word promised."""
    crew_assigned: bool = False
    crew: CrewStatusKind | None = None
    """Where the crew is."""
    breaches: tuple[str, ...] = ()
    template: str | None = None
    """The name of its words, where they are not those of its trigger."""
    was: OutageClass | None = None
    """What we had said the outage is, where it is another thing."""
    waits: bool = False
    """It changes nothing that anybody does before morning, so that nobody is woken for it."""
    confesses: tuple[str, ...] = ()
    """Breaches that its apology covers without naming them."""
    about: tuple[str, ...] = ()
    """Of several supplies those that it speaks of, by id."""
    lost: tuple[str, ...] = ()
    """Of several supplies those that its reader takes to be lost then, though they have power."""
    still: tuple[str, ...] = ()
    """Those of them that it says are lost all the same."""
    steady: timedelta | None = None
    """It says that supply is unstable, and that the next word comes once it has been steady for so long."""
    earliest: datetime | None = None
    due_by: datetime | None = None
    useful_until: datetime | None = None


def believe(state: Customer, *, with_pending: bool = False) -> Belief:
    """What the customer believes about their supply; `with_pending` counts texts still under way as read."""
    heard = [text for text in state.thread(SUPPLY) if text.settled or (with_pending and text.pending)]
    spoken = Belief()
    if heard:
        last = heard[-1]
        kind = last.meant.believes
        spoken = Belief(
            kind=kind if kind in ("out", "back", "not-touched", "supply-lost") else "nothing",
            mrids=frozenset(last.mrids),
            ert=last.meant.ert,
            next_word_by=last.meant.next_word_by,
            said_at=last.requested_at,
            explicit=True,
            went_at=last.said_at,
            since=last.meant.since,
            restored_at=last.meant.restored_at,
            lost=frozenset(last.meant.lost),
        )
    noticed = _begun_as_noticed(state, heard, with_pending=with_pending)
    if not noticed:
        return spoken
    ends = [period.end for _, period in noticed]
    mrids = frozenset(mrid for mrid, _ in noticed)
    taken = _taken(state, mrids)
    if taken is not None and spoken.kind != "out":
        before = spoken.mrids if spoken.kind == "supply-lost" else frozenset[str]()
        lost = spoken.lost | taken
        return Belief(kind="supply-lost", mrids=before | mrids, ert=max(ends), said_at=spoken.said_at, lost=lost)
    if spoken.kind != "out":
        return Belief(kind="out", mrids=mrids, ert=max(ends), said_at=spoken.said_at)
    ert = max(spoken.ert, *ends) if spoken.ert is not None else None
    return Belief(
        kind="out",
        mrids=spoken.mrids | mrids,
        ert=ert,
        next_word_by=spoken.next_word_by,
        said_at=spoken.said_at,
        explicit=True,
    )


def _taken(state: Customer, mrids: Iterable[str]) -> frozenset[str] | None:
    """Of several supplies those that noticed work has taken, where it has not taken all; None where it is the whole supply."""
    profile = state.profile
    if profile is None or not several(profile):
        return None
    each = [hit_by(profile, state.outages[mrid]) for mrid in mrids]
    whole = frozenset(way.id for way in ways(profile))
    return None if any(one == whole for one in each) else frozenset[str]().union(*each)


def _begun_as_noticed(
    state: Customer, heard: Iterable[RequestedText], *, with_pending: bool
) -> list[tuple[str, Period]]:
    """Outages that went off after a notice and of which no later text spoke: the notice's end is what was promised."""
    spoken_of = {mrid for text in heard for mrid in text.mrids}
    found: list[tuple[str, Period]] = []
    for mrid, outage in state.outages.items():
        if outage.started_at is None or mrid in spoken_of or _was_said_not_begun(state, mrid):
            continue
        period = noticed_period(state, mrid, with_pending=with_pending)
        if period is not None and as_noticed(outage.started_at, period):
            found.append((mrid, period))
    return found


def _was_said_not_begun(state: Customer, mrid: str) -> bool:
    """Whether they were told that nobody had reported its beginning: then they hear when it does begin."""
    heard = [text for text in state.thread(notice_thread(mrid)) if text.settled]
    return bool(heard) and heard[-1].meant.says.startswith(NOT_BEGUN)


def noticed_period(state: Customer, mrid: str, *, with_pending: bool = False) -> Period | None:
    """The period of planned work the customer was last told of; None if never, or told that it is cancelled."""
    heard = [text for text in state.thread(notice_thread(mrid)) if text.settled or (with_pending and text.pending)]
    return heard[-1].meant.period if heard and heard[-1].meant.believes == "noticed" else None


def notice_thread(mrid: str) -> str:
    """The thread of one outage's notices."""
    return f"notice/{mrid}"


def is_claimed(state: Customer) -> bool:
    """Whether power is said to be back, and proof is pending: of one of their supplies, by every outage that holds it."""
    present = state.plight()
    return present.off and bool(present.claimed)


def is_half_claimed(state: Customer) -> bool:
    """Whether one supply is back for certain, and another is said to be: the customer has power, and does not know it yet."""
    return is_better(state) and bool(state.plight().claimed)


def is_perhaps_back(state: Customer) -> bool:
    """Whether the lists lack all that holds one of their supplies, or it is claimed to be back: nothing of it is proven."""
    present = state.plight()
    return present.off and not present.claimed and bool(present.unsure)


def are_perhaps_back(present: Plight) -> bool:
    """Of several supplies, whether of each that is lost the same is so."""
    return bool(present.lost) and present.unsure == present.ids


def is_better(state: Customer) -> bool:
    """Whether the customer takes power, or a supply, to be off that is not."""
    belief, present = believe(state), state.plight()
    if belief.kind == "supply-lost":
        return not present.off and not belief.lost <= present.ids
    return belief.kind == "out" and not present.off


def spoken_of(state: Customer, belief: Belief) -> tuple[CustomerTouched, ...]:
    """The outages that the customer's belief is about, by mRID."""
    return tuple(state.outages[mrid] for mrid in sorted(belief.mrids) if mrid in state.outages)


def overran_at(outage: CustomerTouched, about: timedelta) -> datetime | None:
    """From when it is worth an apology that work goes on beyond its noticed end; None where it does not."""
    if "overran" not in outage.breaches:
        return None
    return (outage.planned_period.end if outage.planned_period is not None else outage.at) + about


def confessed(state: Customer, *, with_pending: bool = False) -> set[str]:
    """Breaches that a text which reached the customer has apologised for, as mRID/kind."""
    heard = (text for text in state.texts.values() if text.settled or (with_pending and text.pending))
    return {breach for text in heard for breach in text.meant.breaches}
