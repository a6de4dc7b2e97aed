"""The form of an evidence bundle: one JSON text in one canonical form, so that any other text is no bundle."""

from __future__ import annotations

import gzip
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from operations.errors import Misused, Refused
from services.kernel.proof.heads import Hash, SignedHead

Signature = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]
Instant = Annotated[datetime, Meta(tz=True)]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Anything in a bundle: every field stands, no other does."""


class Proof(Part, frozen=True, kw_only=True):
    """The way from an event to the root of a signed head: leaf number and neighbours from below (RFC 6962)."""

    head: Annotated[int, Meta(ge=1)]
    index: Annotated[int, Meta(ge=0)]
    path: tuple[Hash, ...]


class ForgottenPart(Part, frozen=True, kw_only=True):
    """That something was taken out of an event, when and by which rule, and the way from what is left to the root that the log has.

    `request`: the step, whose own events (stream operator/<request>) are in the bundle too; `index` and `path` as in Proof.
    """

    rule: str
    at: Instant
    request: str
    index: Annotated[int, Meta(ge=0)]
    path: tuple[Hash, ...]


class Proven(Part, frozen=True, kw_only=True):
    """One event as the log holds it, byte for byte. No proof: it is newer than the last signed head.

    No data: it is about other people than the customer whom the bundle is for. That it stood there is shown by its hashes.
    """

    service: str
    stream_id: str
    version: Annotated[int, Meta(ge=1)]
    event_id: str
    type: str
    data: str | None
    cause: str
    reason: str
    decided_at: Instant
    position: Annotated[int, Meta(ge=1)]
    previous: Hash | None
    chain: Hash
    proof: Proof | None
    forgotten: ForgottenPart | UnsetType = UNSET
    """Only where something was taken out of its data; bundles of before there was such a thing have no such field."""

    @property
    def name(self) -> str:
        """How a finding names it."""
        return f"{self.service} {self.stream_id} version {self.version} ({self.type})"


class PolicyText(Part, frozen=True, kw_only=True):
    """A regime that events of the bundle rest on; without content where that version's file was not at hand."""

    policy_id: str
    policy_version: str
    content: str | None


class Attempt(Part, frozen=True, kw_only=True):
    """One POST to the provider, as the sender's table has it."""

    n: int
    provider: str
    started_at: Instant
    outcome: str
    provider_sid: str | None
    provider_code: int | None


class TextRecord(Part, frozen=True, kw_only=True):
    """One text, as the sender's table has it. Who it went to is a reference; the number lies in the vault."""

    message_id: str
    customer_id: str
    contact_id: str
    mrids: tuple[str, ...]
    trigger: str
    lane: str
    state: str
    ref: str
    body: str
    requested_at: Instant
    due_at: Instant
    expires_at: Instant
    provider_sid: str | None
    attempts: tuple[Attempt, ...]


class StatementCases(Part, frozen=True, kw_only=True):
    """Every case of a published statement, as it stood then: one line of JSON each, in the order of which its digests are."""

    statement_id: str
    month: str
    lines: tuple[str, ...]


class Heads(Part, frozen=True, kw_only=True):
    """The signed heads of one service, from the oldest that a proof needs to the newest, none left out."""

    service: str
    heads: tuple[SignedHead, ...]


class Bundle(Part, frozen=True, kw_only=True):
    """All that proves the story of one outage, or one statement; `customer` where only that customer's texts are in it."""

    format: Literal["outage-evidence.v1"]
    outage: str
    customer: str | None
    made_at: Instant
    made_by: str
    product: str
    key_id: str | None
    events: tuple[Proven, ...]
    heads: tuple[Heads, ...]
    policies: tuple[PolicyText, ...]
    calendars: tuple[str, ...]
    messages: tuple[TextRecord, ...]
    statement: StatementCases | UnsetType = UNSET
    """Only of a statement; then there is no outage."""

    @property
    def subject(self) -> str:
        """The stream that the bundle is about."""
        return f"outage/{self.outage}" if self.statement is UNSET else f"month/{self.statement.month}"

    @property
    def title(self) -> str:
        """What it is about, for people."""
        return f"outage {self.outage}" if self.statement is UNSET else f"statement {self.statement.statement_id}"


class Sealed(Part, frozen=True, kw_only=True):
    """The file: the bundle, sha256 over its canonical text and, where its maker had the key, a signature over that."""

    bundle: Bundle
    digest: Hash
    signature: Signature | None


def canonical(part: Part) -> bytes:
    """The one text of a part: keys sorted, no blanks."""
    return msgspec.json.encode(part, order="sorted")


def digest_of(bundle: Bundle) -> str:
    """Sha256 over a bundle's canonical text, in hex."""
    return hashlib.sha256(canonical(bundle)).hexdigest()


def seal_words(digest: str) -> bytes:
    """What the seal's signature is made over; never a text that a head could have."""
    return b"outage-evidence.v1 " + digest.encode()


def references(data: str) -> tuple[set[tuple[str, str]], set[str]]:
    """The (policy id, version) pairs and the calendar versions that an event's data names, at any depth."""
    policies: set[tuple[str, str]] = set()
    calendars: set[str] = set()
    waiting: list[Any] = [msgspec.json.decode(data)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
            if isinstance(one.get("policyId"), str) and isinstance(one.get("policyVersion"), str):
                policies.add((one["policyId"], one["policyVersion"]))
            if isinstance(one.get("calendarVersion"), str):
                calendars.add(one["calendarVersion"])
        elif isinstance(one, list):
            waiting += one
    return policies, calendars


def write(file: Path, sealed: Sealed) -> None:
    """Write a bundle; a name that ends in .gz is compressed.

    Raises:
        Refused: the file cannot be written.

    """
    raw = canonical(sealed) + b"\n"
    try:
        file.write_bytes(gzip.compress(raw, mtime=0) if file.suffix == ".gz" else raw)
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror})") from None


def read(file: Path) -> Sealed:
    """A bundle from its file.

    Raises:
        Misused: the file is not there.
        Refused: it is not a bundle in its canonical form: a field too many, twice, missing, or any other text.

    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Misused(f"{file} cannot be read ({error.strerror})") from None
    try:
        return parse(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    except (OSError, EOFError, ValueError) as error:
        raise Refused(f"{file} is not an evidence bundle as outagectl writes it: {error}") from None


def parse(raw: bytes) -> Sealed:
    """A bundle from its text.

    Raises:
        ValueError: it is not the canonical text of a bundle.

    """
    sealed = msgspec.json.decode(raw, type=Sealed)
    if canonical(sealed) + b"\n" != raw:
        raise ValueError("the text is not in its canonical form; it was changed after it was made")
    return sealed
