"""Events that stay within the notifier: what its sender reports, and what its own streams remember."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from schemas.contracts.base import (
    CrewStatusKind,
    CustomerId,
    Extent,
    Instant,
    Language,
    Name,
    OutageClass,
    Period,
    Text,
    Wire,
)
from schemas.contracts.network import ModelRef
from services.merging.words import MERGING_STRUCTS
from services.notifier.domain.customer.owing.words import OWING_STRUCTS
from services.notifier.domain.outage.absence import ABSENCE_ASKED, AbsenceAsked
from services.notifier.domain.outage.informed_promise import INFORMING_RECHECKED, InformingRechecked
from services.notifier.domain.outage.joined import TruthJoins
from services.notifier.domain.outage.truth import Truth
from services.notifier.domain.replies.events import REPLY_STRUCTS
from services.plausibility import HELD_STRUCTS

MRID = Annotated[str, Meta(min_length=1, max_length=100)]
Narrowed = Literal["step", "correction"]
Lies = Literal["anew", "less", "as-before"]
AlarmKind = Literal["end-unproven", "claim-unproven", "nobody-reached"]


class AttemptAccepted(Wire, frozen=True, kw_only=True):
    """The sender's word: the provider took this attempt."""

    message_id: Name
    customer_id: CustomerId
    attempt: Annotated[int, Meta(ge=1)]
    provider: Name
    provider_sid: Name
    found_by: Literal["answer", "callback", "look-up"] = "answer"
    carried_by: Annotated[Name, Meta(description="The text that spoke for this one, too")] | None = None
    body: (
        Annotated[str, Meta(max_length=1600, description="What was sent, where it spoke for several sites")] | None
    ) = None
    at: Instant


class AttemptRefused(Wire, frozen=True, kw_only=True):
    """The sender's word: the provider refused, nothing was created. `permanent`: no use in trying this contact."""

    message_id: Name
    customer_id: CustomerId
    attempt: Annotated[int, Meta(ge=1)]
    reason: Name
    code: int | None = None
    permanent: bool = False
    at: Instant


class SendingExpired(Wire, frozen=True, kw_only=True):
    """The sender's word: the text's last useful moment passed before any provider took it."""

    message_id: Name
    customer_id: CustomerId
    at: Instant
    reason: Name = "last-useful-moment-passed"


class SendingGivenUp(Wire, frozen=True, kw_only=True):
    """The sender's word: who may have this text was taken away, and nobody can say any more whether it went."""

    message_id: Name
    customer_id: CustomerId
    attempt: Annotated[int, Meta(ge=1)]
    provider: Name
    at: Instant


class SendingNoRoom(Wire, frozen=True, kw_only=True):
    """The sender's word: the telephone has had as many texts as it may in this hour; from `until` on there is room."""

    message_id: Name
    customer_id: CustomerId
    until: Instant
    reason: Name
    at: Instant


class SendingReceipt(Wire, frozen=True, kw_only=True):
    """A provider's receipt, as the sender matched it to a text of ours."""

    message_id: Name
    customer_id: CustomerId
    provider: Name
    provider_sid: Name
    status: Name
    code: int | None = None
    attempt: Annotated[int, Meta(ge=1)] = 1
    at: Instant


class SendingGoesOn(Wire, frozen=True, kw_only=True):
    """The sender's word: so long was nothing heard of this attempt that, by the policy, another provider sends the text."""

    message_id: Name
    customer_id: CustomerId
    attempt: Annotated[int, Meta(ge=1, description="Of which nobody knows what became")]
    provider: Annotated[Name, Meta(description="Who may have it")]
    unknown_since: Annotated[Instant, Meta(description="Real time since when its sender could not post any more")]
    after_minutes: Annotated[float, Meta(ge=0, description="The policy's")]
    policy: Annotated[Name, Meta(description="The regime in force, with its version")] | None = None
    look_again_at: Annotated[Instant, Meta(description="Real time at which that provider is asked once more")]
    at: Instant


class AudienceMatched(Wire, frozen=True, kw_only=True):
    """In logs of the first version: whom an outage touches from this version of its truth on, and whom no longer."""

    mrid: MRID = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1)]
    touched: tuple[CustomerId, ...] = ()
    left: tuple[CustomerId, ...] = ()


class AudienceDue(Wire, frozen=True, kw_only=True):
    """The outage's word: this is so now, and whoever is concerned is to be told.

    `outage_version` rises with each. `narrowed`: the extent lost places, because a step gave power back there or because
    it had been wrong. `lies`: what it says of where the outage lies: that is said anew, a step took places off, or nothing.
    """

    mrid: MRID = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1)]
    truth: Truth
    trigger: Name
    narrowed: Narrowed | None = None
    lies: Lies = "anew"
    recorded_at: Instant | None = None


class AudienceDenied(Wire, frozen=True, kw_only=True):
    """The outage's word: at these usage points, and no others, it is denied that power is back; who is there is looked at again."""

    mrid: MRID = field(name="mRID")
    denied: Extent = Extent()


class AudienceNext(Wire, frozen=True, kw_only=True):
    """The fan-out's word to itself: tell the next chunk of customers this version of an outage's truth.

    `most`: of so many customers; 0: as many as the settings say. `together`: the outages of which chunks are told in the same
    transaction; the first of their words names them.
    """

    mrid: MRID = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1)]
    number: Annotated[int, Meta(ge=1)]
    most: Annotated[int, Meta(ge=0)] = 0
    together: tuple[MRID, ...] = ()


class AudienceRefresh(Wire, frozen=True, kw_only=True):
    """The registry's side: this customer's places changed; does the outage concern them now? `forget`: erased meanwhile."""

    mrid: MRID = field(name="mRID")
    customer_id: CustomerId
    customer_version: Annotated[int, Meta(ge=1)]
    forget: bool = False


class AudienceChunk(Wire, frozen=True, kw_only=True):
    """Chunk `number` of one version's fan-out: customers after `after` up to `upto`, in the database's order.

    `upto` is None in the last one; it is `after` where critical customers were told ahead of their turn. Who was told stands beside
    it, as customer.touched of version `said`. `networks`: the editions of the network model by which it is known where the outage
    lies.
    """

    mrid: MRID = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1)]
    number: Annotated[int, Meta(ge=1)]
    after: str = ""
    upto: str | None = None
    said: Annotated[int, Meta(ge=0)]
    seen: int = 0
    told: int = 0
    joined: int = 0
    left: int = 0
    networks: tuple[ModelRef, ...] = ()


class AudienceRematched(Wire, frozen=True, kw_only=True):
    """One customer after a change of the registry; if told, customer.touched of version `said` stands beside it."""

    mrid: MRID = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1)]
    customer_id: CustomerId
    said: Annotated[int, Meta(ge=0)]
    told: bool = False
    forgotten: bool = False
    networks: tuple[ModelRef, ...] = ()


class TextFrame(Wire, frozen=True, kw_only=True):
    """A text without what is its reader's own, so that one text can say the same to several sites on one telephone."""

    words: Annotated[str, Meta(max_length=2000, description="The text with {count}, {sites} and {code} in it")]
    site: Annotated[Name, Meta(description="The site that it is for, as texts name it")]
    code: Annotated[Name, Meta(description="The code as it is printed, with the mark of this text")]
    language: Language


class TextMeant(Wire, frozen=True, kw_only=True):
    """What a text of ours makes its reader believe, in figures: later texts are measured against it."""

    message_id: Name
    thread: Annotated[Name, Meta(description="supply, or notice/<mRID>: texts of one thread supersede each other")]
    says: Annotated[str, Meta(max_length=2000, description="Names the content: the same content is not said twice")]
    believes: Literal["noticed", "cancelled", "out", "back", "not-touched", "supply-lost"]
    lost: Annotated[tuple[Name, ...], Meta(description="Of several supplies those that are lost, by id")] = ()
    frame: (
        Annotated[
            TextFrame,
            Meta(extra={"forgotten_by": "texts"}, description="Where it may be merged with those of other sites"),
        ]
        | None
    ) = None
    keeps_last: Annotated[bool, Meta(description="The last place of a telephone's hour is kept for such words")] = False
    period: Period | None = None
    since: Instant | None = None
    ert: Instant | None = None
    next_word_by: Annotated[Instant, Meta(description="A next text was promised by then")] | None = None
    breaches: Annotated[tuple[Name, ...], Meta(description="mRID/kind of the breaches it apologised for")] = ()
    crew: Annotated[CrewStatusKind, Meta(description="Where it says the crew is")] | None = None
    cause: (
        Annotated[Text, Meta(description="The cause that it names, or takes the place of one that was named")] | None
    ) = None
    leads: Annotated[Name, Meta(description="mRID of the outage that gives the words")] | None = None
    outage_class: Annotated[OutageClass, Meta(description="What it says that outage is, in its words")] | None = None
    restored_at: Annotated[Instant, Meta(description="Power was said to be back since then")] | None = None
    policy: Annotated[Name, Meta(description="Regime whose patience decided it, with its version")] | None = None
    steady_minutes: (
        Annotated[
            int, Meta(ge=0, description="Supply was said to be unstable: the next word once it is steady so long")
        ]
        | None
    ) = None
    changes_at: (
        Annotated[
            Instant, Meta(description="Of planned work: when what it says first changes something for its reader")
        ]
        | None
    ) = None
    waits_until: Annotated[Instant, Meta(description="The end of the night, where it waits for it")] | None = None
    waits_for: Annotated[Name, Meta(description="Why it waits for the morning, e.g. later-work")] | None = None
    invites: (
        Annotated[Text, Meta(description="What asks for an answer: it ends the text where the provider brings answers")]
        | None
    ) = None


class TextHushed(Wire, frozen=True, kw_only=True):
    """A text was due and is not said now: enough was said, or it is not for the night; at `until` what is so by then is."""

    customer_id: CustomerId
    thread: Name
    says: Annotated[str, Meta(max_length=2000)]
    mrids: tuple[Name, ...]
    until: Instant
    reason: Name


class TextUnsayable(Wire, frozen=True, kw_only=True):
    """A text was due and no contact is left to send it to; a person was called once for it."""

    customer_id: CustomerId
    thread: Name
    says: Text


class TextDoubled(Wire, frozen=True, kw_only=True):
    """A second provider id for one text: the customer may hold it twice. It cannot be recalled, only seen."""

    message_id: Name
    customer_id: CustomerId
    first_sid: Name
    second_sid: Name
    at: Instant


class TextGoesOn(SendingGoesOn, frozen=True, kw_only=True):
    """A text goes by another provider though the first may have it: by the policy's rule, it may arrive twice."""


class WatchFired(Wire, frozen=True, kw_only=True):
    """The watch over a spoken time went off; what follows stands beside it."""

    customer_id: CustomerId
    name: Name
    due_at: Instant


class WordsSettled(Wire, frozen=True, kw_only=True):
    """All that any sender had put on any input by `due_at` is known, and nothing of it holds the customer: it may be said."""

    customer_id: CustomerId
    due_at: Instant


class WordsHeld(Wire, frozen=True, kw_only=True):
    """By the tables other outages hold the customer, of which no word has come: nothing is said of an end."""

    customer_id: CustomerId
    due_at: Instant
    mrids: tuple[Name, ...]


class AlarmRaised(Wire, frozen=True, kw_only=True):
    """Something about this customer waits for a person; the alarm lasts until alarm.over of the same kind."""

    customer_id: CustomerId
    kind: AlarmKind
    at: Instant
    mrids: tuple[Name, ...] = ()


class AlarmOver(Wire, frozen=True, kw_only=True):
    """What the alarm was raised for is no more."""

    customer_id: CustomerId
    kind: AlarmKind
    at: Instant


ATTEMPT_ACCEPTED = "sending.accepted.v1"
ATTEMPT_REFUSED = "sending.refused.v1"
SENDING_EXPIRED = "sending.expired.v1"
SENDING_NO_ROOM = "sending.no-room.v1"
SENDING_GIVEN_UP = "sending.given-up.v1"
SENDING_RECEIPT = "sending.receipt.v1"
SENDING_GOES_ON = "sending.goes-on.v1"
AUDIENCE_MATCHED = "audience.matched.v1"
AUDIENCE_DUE = "audience.due.v1"
TRUTH_JOINS = "truth.joins.v1"
AUDIENCE_DENIED = "audience.denied.v1"
AUDIENCE_NEXT = "audience.next.v1"
AUDIENCE_REFRESH = "audience.refresh.v1"
AUDIENCE_CHUNK = "audience.chunk.v1"
AUDIENCE_REMATCHED = "audience.rematched.v1"
TEXT_MEANT = "text.meant.v1"
TEXT_HUSHED = "text.hushed.v1"
TEXT_UNSAYABLE = "text.unsayable.v1"
TEXT_DOUBLED = "text.doubled.v1"
TEXT_GOES_ON = "text.goes-on.v1"
WATCH_FIRED = "watch.fired.v1"
WORDS_SETTLED = "words.settled.v1"
WORDS_HELD = "words.held.v1"
ALARM_RAISED = "alarm.raised.v1"
ALARM_OVER = "alarm.over.v1"

STRUCTS: dict[str, type[msgspec.Struct]] = {
    ATTEMPT_ACCEPTED: AttemptAccepted,
    ATTEMPT_REFUSED: AttemptRefused,
    SENDING_EXPIRED: SendingExpired,
    SENDING_NO_ROOM: SendingNoRoom,
    SENDING_GIVEN_UP: SendingGivenUp,
    SENDING_RECEIPT: SendingReceipt,
    SENDING_GOES_ON: SendingGoesOn,
    AUDIENCE_MATCHED: AudienceMatched,
    AUDIENCE_DUE: AudienceDue,
    TRUTH_JOINS: TruthJoins,
    AUDIENCE_DENIED: AudienceDenied,
    AUDIENCE_NEXT: AudienceNext,
    AUDIENCE_REFRESH: AudienceRefresh,
    AUDIENCE_CHUNK: AudienceChunk,
    AUDIENCE_REMATCHED: AudienceRematched,
    TEXT_MEANT: TextMeant,
    TEXT_HUSHED: TextHushed,
    TEXT_UNSAYABLE: TextUnsayable,
    TEXT_DOUBLED: TextDoubled,
    TEXT_GOES_ON: TextGoesOn,
    WATCH_FIRED: WatchFired,
    WORDS_SETTLED: WordsSettled,
    WORDS_HELD: WordsHeld,
    ALARM_RAISED: AlarmRaised,
    ALARM_OVER: AlarmOver,
    INFORMING_RECHECKED: InformingRechecked,
    ABSENCE_ASKED: AbsenceAsked,
    **OWING_STRUCTS,
    **REPLY_STRUCTS,
    **MERGING_STRUCTS,
    **HELD_STRUCTS,
}
