"""Tell many customers one version of an outage's truth, chunk by chunk; and match one customer who changed.

Streams fanout/<mRID>/<version>/<number> and fanout/<mRID>/registry/<customer>/<customer version>, pure. Each hears one
message in its life, so none is ever loaded: an outage of 50,000 customers and twenty words would else be a million events
to read after a restart. What a decision needs is read with it, in its transaction, under the lock of the outage's job row
(`lock_job`): so all words about one outage are decided one after the other, whichever stream they stand in, and
each is numbered higher (`said`) than those before. Conversations ignore lower numbers, and each word carries the whole
newest truth: "restored" is never overtaken by a late chunk of "started".

**Neither side misses the other.** Two kinds of commit meet: O, an outage's new truth (job row, outage_match), and R, a
customer's new places (customer_match, rematch row). After O, chunks read customer_match; after R, a look-up reads
outage_match. Every statement sees what was committed before it began.
1. Touched from now on. If the chunk that passed the customer's id did not see R, R was not yet committed when it read,
   and that was after O. So O came before R, and the look-up, after R, sees O.
2. Touched no longer. A decision D that read the places from before R did so under the outage's lock. The rematch row
   keeps the old places, so the look-up after R finds the outage there and asks it; that waits for the lock, and so for D.
   If outage_match has lost those places, a newer truth was committed, whose own fan-out waits for the lock, too, and
   goes through all who are still held. D cannot come after that: it would have read the newer truth.
3. Told twice by both: no, the second one finds under the lock that the member has heard this version.
4. Said in the time that a restored database has lost (`restored`): the word is still on the topic and is heard again, but no
   member and no number of it is known. Whoever hears it becomes a member of version 0 and is looked at like a customer who
   changed; words are numbered from the present second on, which is above all that were ever said.
5. Where the outage lies by the network model is put beside its truth, by a transaction of its own (tables/network_places.py): in 1
   and 2 that one stands for O, too. What it finds after chunks have passed is for another transaction after it: R before that is
   found at the place, R after it finds the place.
6. Critical customers of a large outage are told ahead, in its first chunk, which passes nobody: the chunks by id go through all,
   and whoever has heard this version is told nothing by them, as in 3.
7. Erased, and perhaps registered anew: the rematch row keeps `forget` until it is done; whoever is touched then is told
   as a new one, any other is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from schemas.contracts import audience
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.network import ModelRef
from services.concerned.matching import MOST_NAMED, CustomerExtent
from services.kernel.bounds import within
from services.kernel.model import Decision, Event, Message, NewEvent
from services.notifier.domain.events import (
    AUDIENCE_CHUNK,
    AUDIENCE_REMATCHED,
    AudienceChunk,
    AudienceDue,
    AudienceNext,
    AudienceRefresh,
    AudienceRematched,
    Narrowed,
)
from services.notifier.domain.outage.truth import BACK, has_ended

TOUCHED = "customer.touched.v1"
CHUNK_BYTES = 4 << 20
"""A chunk ends where its words reach this, however few customers it has."""
NUMBERED_FROM = datetime(2020, 1, 1, tzinfo=UTC)
"""The number of a word after a restore is its second since then; the column holds 68 years of them."""
WORD_BYTES = 1_000
"""What a word takes beside the names by which it touches, each of which it carries twice."""


@dataclass(frozen=True, slots=True)
class ToldCustomer:
    """One whom an outage has told: of which version of its truth, and whether it still held them then."""

    truth_version: int
    touched: bool
    denied: bool = False
    """Whether the last word said that it is denied that power is back where they are."""


@dataclass(frozen=True, slots=True)
class FanoutCandidate:
    """One whom an outage may concern. `matched_by`: kind:name pairs, sorted; None if it does not touch them now."""

    customer_id: str
    matched_by: tuple[str, ...] | None
    member: ToldCustomer | None
    several: bool = False
    """Whether they have several supplies, so that it matters by which of their places it touches them."""
    back_at: tuple[str, ...] = ()
    """Of several supplies: kind:name pairs at which a step gave power back."""
    said_back_at: tuple[str, ...] = ()
    """kind:name pairs of theirs at which power is said to be back, not yet proven."""
    unsaid: tuple[str, ...] = ()
    """Of one supply: kinds of those pairs of which they have another place of which nobody says how it stands."""
    fed_elsewhere: tuple[str, ...] = ()
    """Of several supplies: kind:name pairs to which, by the network model, power comes through nothing that the outage names."""
    freed: bool = False
    """Of one supply, looked at alone: whether a step gave power back nearer to them than at what the outage names."""
    denied_at: tuple[str, ...] = ()
    """Their usage points at which it is denied that power is back."""


@dataclass(frozen=True, slots=True)
class FanoutJob:
    """How far one outage's newest truth (`due`) is told: `chunks` so far, up to customer `cursor`.

    `said` numbers the newest word about the outage. `narrowed`: what of that is still to be told, over all versions.
    """

    due: AudienceDue
    chunks: int = 0
    cursor: str = ""
    done: bool = False
    narrowed: Narrowed | None = None
    said: int = 0


@dataclass(frozen=True, slots=True)
class FanoutFacts:
    """What is read with a message: the job, and the customers in question. `more`: the chunk is not the last.

    `ahead`: they are told before their turn, for they are critical, and the outage has more customers than a chunk.
    `networks`: the editions of the network model by which it was looked up where the outage lies.
    """

    job: FanoutJob | None
    candidates: tuple[FanoutCandidate, ...] = ()
    more: bool = False
    ahead: bool = False
    networks: tuple[ModelRef, ...] = ()
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of lines and areas that the outage names: their names by language, where the network model has any."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """State of one stream: what was decided in it."""

    stream_id: str
    decided: AudienceChunk | AudienceRematched | None = None
    words: int = 0


class NotifierFanout:
    """Decider of streams fanout/…, each with one message in its life."""

    category = "fanout"

    def __init__(self, *, restored: bool = False) -> None:
        self._restored = restored

    def initial(self, stream_id: str) -> Fanout:
        """Nothing decided."""
        return Fanout(stream_id)

    def evolve(self, state: Fanout, event: Event) -> Fanout:
        """The decision, and how many words followed from it."""
        match event.data:
            case AudienceChunk() | AudienceRematched() as decided:
                return replace(state, decided=decided)
            case CustomerTouched():
                return replace(state, words=state.words + 1)
            case _:
                return state

    def decide(self, state: Fanout, facts: FanoutFacts, message: Message, now: datetime) -> Decision:
        """Tell whom the newest truth is news to.

        Reasons: `customers-told`, `nobody-to-tell` (recorded, the fan-out goes on), `forgotten`. Named no-ops:
        `already-decided`, `superseded` (a newer truth is told from the start), `nothing-changes-for-customer`,
        `not-for-customers`.
        """
        job = facts.job
        if job is not None and self._restored:
            job = replace(job, said=max(job.said, int((now - NUMBERED_FROM).total_seconds())))
        if state.decided is not None:
            return Decision("already-decided")
        match message.data:
            case AudienceNext() as asked if job is None or (job.due.outage_version, job.chunks + 1, job.done) != (
                asked.outage_version,
                asked.number,
                False,
            ):
                return Decision("superseded")
            case AudienceNext() if job is not None:
                return _chunk(job, facts, now)
            case AudienceRefresh() as asked if job is not None:
                return _rematch(job, facts, asked, now)
            case _:
                return Decision("not-for-customers")

    def timers(self, state: Fanout) -> Mapping[str, datetime]:  # noqa: ARG002 - the protocol's shape
        """None: a job row stays until it is done."""
        return {}

    def view(self, state: Fanout) -> dict[str, Any]:
        """What was decided, in figures."""
        decided = state.decided
        if decided is None:
            return {}
        shown = {"mRID": decided.mrid, "outageVersion": decided.outage_version, "words": state.words}
        return shown | ({"number": decided.number} if isinstance(decided, AudienceChunk) else {})


def _chunk(job: FanoutJob, facts: FanoutFacts, now: datetime) -> Decision:
    candidates, more = facts.candidates, facts.more
    due, said = job.due, next_said(job)
    count = within((_size(one) for one in candidates), CHUNK_BYTES)
    candidates, more = candidates[:count], more or count < len(candidates)
    concern = concern_of(due)
    told = (_word(job, one, said, now, concern) for one in candidates)
    words = [_with_names(word, facts.called) for word in told if word is not None]
    held = {one.customer_id for one in candidates if one.member is not None and one.member.touched}
    chunk = AudienceChunk(
        mrid=due.mrid,
        outage_version=due.outage_version,
        number=job.chunks + 1,
        after=job.cursor,
        upto=job.cursor if facts.ahead else candidates[-1].customer_id if more else None,
        said=said if words else job.said,
        seen=len(candidates),
        told=len(words),
        joined=sum(word.touched and word.customer_id not in held for word in words),
        left=sum(not word.touched for word in words),
        networks=facts.networks,
    )
    return Decision(
        "customers-told" if words else "nobody-to-tell", (NewEvent(AUDIENCE_CHUNK, chunk), *map(_published, words))
    )


def _rematch(job: FanoutJob, facts: FanoutFacts, asked: AudienceRefresh, now: datetime) -> Decision:
    (one,) = facts.candidates
    said = next_said(job)
    is_open = not has_ended(job.due.truth)
    # Erased, and back where the outage is: whoever comes back has heard nothing. Erased and not there: the member goes;
    # a word said in the moment of the erasure may still reach the customer who is back, so it is taken back all the same.
    anew = asked.forget and is_open and one.matched_by is not None
    forgotten = asked.forget and one.member is not None and not anew
    # By which of several supplies it holds them may have changed, though it held them before.
    again = one.several and is_open and one.matched_by is not None and not one.denied_at
    word = _word(
        job,
        replace(one, member=None) if anew or again else one,
        said,
        now,
        concern_of(job.due),
    )
    if word is None and not forgotten:
        return Decision("nothing-changes-for-customer")
    rematched = AudienceRematched(
        mrid=job.due.mrid,
        outage_version=job.due.outage_version,
        customer_id=one.customer_id,
        said=said if word else job.said,
        told=word is not None,
        forgotten=forgotten,
        networks=facts.networks,
    )
    words = [_published(_with_names(word, facts.called))] if word else []
    events = [NewEvent(AUDIENCE_REMATCHED, rematched), *words]
    return Decision("customers-told" if word else "forgotten", events)


def _size(one: FanoutCandidate) -> int:
    return WORD_BYTES + 2 * sum(map(len, one.matched_by or ()))


def next_said(job: FanoutJob) -> int:
    """The number of the next word: above all before it, also those that the outage's own stream once numbered."""
    return max(job.said + 1, job.due.outage_version)


def _word(
    job: FanoutJob, one: FanoutCandidate, said: int, now: datetime, concern: CustomerExtent
) -> CustomerTouched | None:
    """What this customer is to hear; None where it is no news, or none of their business."""
    due, member = job.due, one.member
    held = member is not None and member.touched
    behind = member is None or member.truth_version < due.outage_version
    if one.denied_at and member is not None and due.truth.status in BACK and due.truth.merged_into is None:
        return denied_word(due, concern, one, said, now) if behind or not member.denied else None
    # What was denied and is no more is over now, whatever version it was told in.
    behind = behind or (member is not None and member.denied)
    if has_ended(due.truth):
        # The end is for all who are still held, though the registry may have moved them meanwhile; and for nobody else.
        return touched_word(due, concern, one.customer_id, said, one.matched_by or (), now) if held and behind else None
    if one.matched_by is None:
        return (
            touched_word(due, concern, one.customer_id, said, None, now, _why(job, one, behind=behind))
            if held
            else None
        )
    if held and not behind:
        return None
    word = touched_word(due, concern, one.customer_id, said, one.matched_by, now)
    if one.several:
        return structs.replace(
            word, back_at=one.back_at, said_back_at=one.said_back_at, fed_elsewhere=one.fed_elsewhere
        )
    if one.said_back_at and concern.is_claimed(one.matched_by, one.said_back_at, one.unsaid):
        return structs.replace(word, proof_pending=True)
    return word


def _why(job: FanoutJob, one: FanoutCandidate, *, behind: bool) -> Narrowed | None:
    """Why it holds them no longer: where they were told that it is denied, a step had given them power before.

    So it had where a version before went by the line of a point that was back.
    """
    if one.member is not None and one.member.denied:
        return "step"
    if behind:
        return job.narrowed
    return "step" if one.freed else None


def denied_word(
    due: AudienceDue, concern: CustomerExtent, one: FanoutCandidate, said: int, now: datetime
) -> CustomerTouched:
    """Power is said to be back, and not where this customer is: it is not said to them before that is settled."""
    word = touched_word(due, concern, one.customer_id, said, one.denied_at, now)
    return structs.replace(
        word, status="out", restored_at=None, ert=None, next_update_at=None, proof_pending=True, denied=True, back_at=()
    )


def concern_of(due: AudienceDue) -> CustomerExtent:
    """What of an outage concerns whom, for all of a chunk."""
    return CustomerExtent(due.truth.extent, due.truth.claimed, due.truth.spent)


def _with_names(word: CustomerTouched, called: Mapping[str, Mapping[str, str]]) -> CustomerTouched:
    """The word with what its lines and areas are called in other languages."""
    named = (*word.extent.lines[:MOST_NAMED], *word.extent.areas[:MOST_NAMED]) if called else ()
    names = {name: dict(called[name]) for name in named if name in called}
    return structs.replace(word, called=names) if names else word


def _published(word: CustomerTouched) -> NewEvent:
    return NewEvent(TOUCHED, word, topic=audience.TOPIC, key=word.customer_id)


def touched_word(
    due: AudienceDue,
    concern: CustomerExtent,
    customer: str,
    said: int,
    matched_by: tuple[str, ...] | None,
    now: datetime,
    narrowed: Narrowed | None = None,
) -> CustomerTouched:
    """The truth as it concerns one customer; `matched_by` None: the outage no longer holds them, because of `narrowed`."""
    present = due.truth
    status, restored_at = present.status, present.restored_at
    if matched_by is None and status == "part-restored" and narrowed != "step":
        # Left because the extent or the registry was corrected: nothing proves that power is back there.
        status, restored_at = "out", None
    return CustomerTouched(
        customer_id=customer,
        mrid=due.mrid,
        outage_version=said,
        touched=matched_by is not None,
        matched_by=matched_by or (),
        named_kinds=concern.named,
        outage_class=present.outage_class,
        status=status,
        trigger=due.trigger,
        planned_period=present.planned_period,
        previous_period=present.previous_period,
        started_at=present.started_at,
        ert=present.ert,
        next_update_at=present.next_update_at,
        restored_at=restored_at,
        ert_low=present.ert_low,
        crew_assigned=present.crew_assigned,
        crew_status=present.crew_status,
        cause=present.cause,
        proof_pending=present.proof_pending or concern.is_claimed(matched_by or ()),
        no_outage=present.no_outage,
        merged_into=present.merged_into,
        corrected=present.corrected,
        perhaps_restored=present.perhaps_restored,
        reclassified_from=present.reclassified_from,
        breaches=present.breaches,
        extent=concern.of(matched_by or ()),
        notice_id=present.notice_id,
        inform_by=present.inform_by,
        at=now,
        recorded_at=due.recorded_at,
    )
