"""Prove one text: why this customer, by which fact and rule, in which words, every attempt, what it replaced. No number of a phone.

All of it is read from the notifier's log and the sender's tables. What a version before did not write down is absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from operations.history.decoding import decoded, whole_or_part
from operations.system.database import Connection, Row, enter
from schemas.citation import pair
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import RuleRef
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import MessageAccepted, MessageDelivered, MessageRequested, MessageUndelivered
from schemas.contracts.promises import PromiseMade
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import TIMING, Timing
from services.notifier.domain.events import TEXT_GOES_ON, TextGoesOn, TextMeant
from services.notifier.domain.wording.reference import codes_heard

SQL = queries(Path(__file__).parents[1] / "sql" / "proof.sql")
MADE = ("promise.made.v1",)


@dataclass(frozen=True, slots=True)
class ProvenAttempt:
    """One POST at most. `owner`: the number whose lock its process held; `what`: what came of it; `fault`: whose it was."""

    n: int
    provider: str
    owner: int
    started_at: datetime
    closed_at: datetime | None
    what: str
    http_status: int | None
    code: int | None
    sid: str | None
    fault: str | None
    body: str | None = None
    """What it posted, where that spoke for several sites."""
    tokens_at: datetime | None = None
    """When its lane took tokens of the pace for it; None: a version before sent it."""
    tokens: int | None = None
    """For how many posts those were."""
    pace: float | None = None
    """Texts a second that the sender was known to be allowed then."""


@dataclass(frozen=True, slots=True)
class Became:
    """One thing that became of a text, by its event."""

    at: datetime
    type: str
    reason: str
    code: int | None = None
    """The provider's, where a receipt gave one."""
    by_receipt: bool = False


@dataclass(frozen=True, slots=True)
class CarriedText:
    """A text to another customer on the same telephone, which this one speaks for."""

    message_id: str
    customer_id: str


@dataclass(slots=True)
class TextProof:
    """All that proves one text."""

    message_id: str
    customer_id: str
    contact_id: str
    ref: str
    body: str
    mrids: Sequence[str]
    trigger: str
    lane: str
    state: str
    withdrawn: str | None
    """It was withdrawn while an attempt was out, whose verdict is awaited."""
    reason: str | None
    """Why it was asked for."""
    template: str | None
    template_version: int | None
    language: str | None
    requested_at: datetime
    known_at: datetime | None
    not_before: datetime
    due_at: datetime
    expires_at: datetime
    attempts: Sequence[ProvenAttempt]
    version: int
    """Of the event in the customer's stream that asks for it."""
    supersedes: str | None
    superseded_by: str | None
    policy: str | None
    """The regime whose patience decided it, with its version."""
    meant: TextMeant | None
    profile: CustomerUpserted | None
    """The customer as the registry has it now."""
    cause: str | None
    """What the conversation heard when it asked for the text: a word of ours, or a deadline."""
    forgotten: tuple[datetime, str] | None = None
    """When its wording was forgotten, and by which rule."""
    heard: CustomerTouched | None = None
    """The outage as this customer was told of it."""
    fact: str | None = None
    """The event that made the outage's word due, as it came: source and id."""
    rules: Sequence[RuleRef] = ()
    """Rules on which promises about the outage rest that the notifier keeps."""
    became: Sequence[Became] = field(default_factory=list)
    carrier: str | None = None
    """The provider that is to send it, or does."""
    barred: str | None = None
    """Why nobody may carry it, by the rules of its country."""
    taken: MessageAccepted | None = None
    """That a provider took it; what that says of receipts."""
    went_on: Sequence[TextGoesOn] = ()
    """By the policy's rule it went by another provider though one may have it: it may have arrived twice."""
    carried_by: str | None = None
    """The text that speaks for this one, too: the attempts are that one's."""
    posted_ref: str | None = None
    """The code on the handset, where that is the other text's."""
    carries: Sequence[CarriedText] = ()
    """Those that go, or went, with this one."""
    held_by: str | None = None
    """The send that nobody has approved, for which it is held."""

    @property
    def timing(self) -> Timing | None:
        """How soon such a text is due and how long it is of use, and why."""
        return next((timing for name, timing in TIMING.items() if name == self.trigger), None)

    @property
    def failed(self) -> Became | None:
        """That it did not go, or that nobody can say so, by our own word and not by a receipt."""
        found = (one for one in self.became if one.type == "message.undelivered.v1" and not one.by_receipt)
        return next(found, None)

    def found_by(self, attempt: int) -> str | None:
        """How we know that the provider took an attempt: by its answer, a callback, or a look-up; None where it did not."""
        return self.taken.found_by if self.taken is not None and self.taken.attempt == attempt else None

    @property
    def receipts(self) -> Sequence[Became]:
        """What the provider's receipts said."""
        return [one for one in self.became if one.by_receipt]


async def named(connection: Connection, name: str) -> Sequence[str]:
    """The texts that a name means: one by its id or the provider's, else all with that code, as it is read out."""
    found = await connection.fetch(SQL["named"], name)
    for code in () if found else codes_heard(name):
        found = await connection.fetch(SQL["coded"], code)
        if found:
            break
    return [row["message_id"] for row in found]


async def proofs(connection: Connection, ids: Sequence[str]) -> list[TextProof]:
    """What proves these texts, oldest first. The connection is in the notifier's schema."""
    await enter(connection, "notifier")
    texts = await connection.fetch(SQL["texts"], list(ids))
    leaders = {row["carried_by"] for row in texts if row["carried_by"] is not None}
    attempts: dict[str, list[ProvenAttempt]] = {}
    for row in await connection.fetch(SQL["attempts"], sorted({*ids, *leaders})):
        attempts.setdefault(row["message_id"], []).append(_attempt(row))
    carried: dict[str, list[CarriedText]] = {}
    for row in await connection.fetch(SQL["carried"], list(ids)):
        carried.setdefault(row["carried_by"], []).append(CarriedText(row["message_id"], row["customer_id"]))
    found = [_proof(row, _attempts_at(row, attempts), carried.get(row["message_id"], ())) for row in texts]
    for proof in found:
        await _trace(connection, proof)
    return found


def _attempts_at(row: Row, attempts: Mapping[str, Sequence[ProvenAttempt]]) -> Sequence[ProvenAttempt]:
    """Its own; with the one of another text that spoke for it, too."""
    own = attempts.get(row["message_id"], ())
    with_it = [one for one in attempts.get(row["carried_by"], ()) if one.n == row["carried_n"]]
    return [*own, *with_it]


def _attempt(row: Row) -> ProvenAttempt:
    return ProvenAttempt(
        row["n"],
        row["provider"],
        row["owner"],
        row["started_at"],
        row["closed_at"],
        row["outcome"],
        row["http_status"],
        row["provider_code"],
        row["provider_sid"],
        row["fault"],
        row["body"],
        row["tokens_at"],
        row["tokens"],
        row["pace"],
    )


def _proof(row: Row, attempts: Sequence[ProvenAttempt], carries: Sequence[CarriedText]) -> TextProof:
    asked = whole_or_part(msgspec.json.decode(row["asked"]), MessageRequested) if row["asked"] else None
    meant = whole_or_part(msgspec.json.decode(row["meant"]), TextMeant) if row["meant"] else None
    return TextProof(
        message_id=row["message_id"],
        customer_id=row["customer_id"],
        contact_id=row["contact_id"],
        ref=row["ref"],
        body=row["body"],
        forgotten=(row["forgotten_at"], row["forgotten_by"]) if row["forgotten_at"] else None,
        mrids=row["mrids"],
        trigger=row["trigger"],
        lane=row["lane"],
        state=row["state"],
        withdrawn=row["unwanted"],
        reason=asked.reason if asked else None,
        template=asked.template_id if asked else None,
        template_version=asked.template_version if asked else None,
        language=asked.language if asked else None,
        requested_at=row["requested_at"],
        known_at=row["known_at"],
        not_before=row["not_before"],
        due_at=row["due_at"],
        expires_at=row["expires_at"],
        attempts=attempts,
        version=row["stream_version"],
        supersedes=asked.supersedes if asked else None,
        superseded_by=row["superseded_by"],
        policy=meant.policy if meant else None,
        carrier=row["carrier"],
        barred=row["barred"],
        carried_by=row["carried_by"],
        posted_ref=row["posted_ref"],
        carries=carries,
        held_by=row["held_by"],
        meant=meant,
        profile=None,
        cause=row["cause"],
    )


async def _trace(connection: Connection, proof: TextProof) -> None:
    """Follow the text back: the word that the customer's conversation heard, the outage's word, and the fact that made it due."""
    stream = f"customer/{proof.customer_id}"
    profile = await connection.fetchrow(SQL["profile"], proof.customer_id)
    if profile is not None:
        proof.profile = whole_or_part(msgspec.json.decode(profile["profile"]), CustomerUpserted)
    rows = await connection.fetch(SQL["became"], stream, [proof.message_id])
    went = [whole_or_part(msgspec.json.decode(row["data"]), TextGoesOn) for row in rows if row["type"] == TEXT_GOES_ON]
    proof.went_on = went
    took = [row["data"] for row in rows if row["type"] == "message.accepted.v1"]
    proof.taken = whole_or_part(msgspec.json.decode(took[0]), MessageAccepted) if took else None
    proof.became = [_became(row) for row in rows if row["type"] != TEXT_GOES_ON]
    mrid = (proof.meant.leads if proof.meant else None) or (proof.mrids[0] if proof.mrids else None)
    if mrid is None:
        return
    heard = await connection.fetchrow(SQL["heard"], stream, proof.version, mrid)
    if heard is not None:
        proof.heard = whole_or_part(msgspec.json.decode(heard["data"]), CustomerTouched)
        proof.fact = await _fact(connection, mrid, heard["cause"])
    promised = await connection.fetch(SQL["promises"], mrid, list(MADE))
    made = [whole_or_part(msgspec.json.decode(row["data"]), PromiseMade) for row in promised]
    proof.rules = list({one.rule.rule_id: one.rule for one in made if one.rule is not None}.values())


def _became(row: Row) -> Became:
    event = decoded(row["type"], msgspec.json.decode(row["data"]))
    known = event.provider_sid if isinstance(event, MessageDelivered | MessageUndelivered) else None
    code = event.code if isinstance(event, MessageUndelivered) else None
    reason = event.reason if isinstance(event, MessageUndelivered) else row["reason"]
    return Became(row["decided_at"], row["type"], reason, code, by_receipt=known is not None)


async def _fact(connection: Connection, mrid: str, cause: str) -> str | None:
    """The fact behind a word that a customer's conversation heard by way of a fan-out."""
    try:
        event_id = UUID(pair(cause)[1])
    except (ValueError, TypeError):
        return None  # a version before cited another way; whoever tells it by hand has ids of any form
    told = await connection.fetchrow(SQL["told_by"], event_id)
    if told is None:
        return None
    # fanout/<mRID>/<version>/<n>: its outage's word of that version; one customer matched again hears the newest.
    rest = str(told["stream_id"]).removeprefix(f"fanout/{mrid}/").split("/")
    if not rest[0].isdigit():
        return None
    due = await connection.fetchrow(SQL["due"], mrid, int(rest[0]))
    return None if due is None else str(due["cause"])
