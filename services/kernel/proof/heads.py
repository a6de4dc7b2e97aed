"""Sign a log's whole content up to a position, so that a rewritten database shows.

A segment is what lies between two heads. A head names the Merkle root over its segment's events and the hash of the head
before it, so each head vouches for everything up to its position, and making one reads only what is new.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta

from services.kernel.adapters.locks import Connection, advisory_key, lock_until_commit
from services.kernel.model import KernelError
from services.kernel.proof import merkle
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "heads.sql")
FETCH = 10_000

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Head(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is signed. `size` events in this segment, `count` in all; `previous` is the hash of the head before."""

    format: Literal["outage-log-head.v1"] = "outage-log-head.v1"
    service: str
    number: Annotated[int, Meta(ge=1)]
    position: Annotated[int, Meta(ge=1)]
    size: Annotated[int, Meta(ge=1)]
    count: Annotated[int, Meta(ge=1)]
    root: Hash
    previous: Hash | None
    at: Annotated[datetime, Meta(tz=True)]
    key_id: str


class SignedHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head's exact text and its Ed25519 signature in hex: one line of an exported file."""

    body: str
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]

    @property
    def digest(self) -> str:
        """What the next head names as `previous`."""
        return hashlib.sha256(self.body.encode()).hexdigest()


class HeadError(KernelError):
    """A head is not what was signed, or cannot be made; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The leaves between two heads, in log order, with the positions they stand for."""

    positions: list[int]
    leaves: list[bytes]


def canonical(head: Head) -> str:
    """The one text of a head: keys sorted, no blanks."""
    return msgspec.json.encode(head, order="sorted").decode()


def key_id(public: Ed25519PublicKey) -> str:
    """A short name of a public key: the first 16 hex digits of its sha256."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(head: Head, key: Ed25519PrivateKey) -> SignedHead:
    """A head with its signature."""
    body = canonical(head)
    return SignedHead(body=body, signature=key.sign(body.encode()).hex())


def open_head(signed: SignedHead, keys: dict[str, Ed25519PublicKey]) -> Head:
    """The head in a signed text; `keys` are those trusted, by key id.

    Raises:
        HeadError: the text is not a head in its canonical form, or no trusted key signed it.

    """
    head = read_head(signed)
    name = f"head {head.number} of {head.service}"
    public = keys.get(head.key_id)
    if public is None:
        raise HeadError(f"{name} is signed by key {head.key_id}, which was not given: name its public key")
    try:
        public.verify(bytes.fromhex(signed.signature), signed.body.encode())
    except InvalidSignature:
        raise HeadError(f"{name} does not carry the signature of key {head.key_id}") from None
    return head


def read_head(signed: SignedHead) -> Head:
    """The head in a text, its signature not looked at.

    Raises:
        HeadError: the text is not a head in its canonical form.

    """
    try:
        head = msgspec.json.decode(signed.body, type=Head)
    except msgspec.MsgspecError as error:
        raise HeadError(f"a head cannot be read: {error}") from None
    if canonical(head) != signed.body:
        raise HeadError(f"head {head.number} of {head.service} is not in its canonical form")
    return head


async def segment(connection: Connection, after: int, upto: int) -> Segment:
    """The leaves of positions (after, upto]. Needs a transaction."""
    found = Segment([], [])
    async for row in connection.cursor(SQL["leaves"], after, upto, prefetch=FETCH):
        found.positions.append(row["position"])
        found.leaves.append(merkle.leaf(row["position"], row["stream_id"], row["version"], bytes(row["chain"])))
    return found


async def stored(connection: Connection, *, since: int = 1) -> list[SignedHead]:
    """The heads of the service whose schema is entered, from number `since` on."""
    return [
        SignedHead(body=row["body"], signature=bytes(row["signature"]).hex())
        for row in await connection.fetch(SQL["heads"], since)
    ]


async def make(connection: Connection, service: str, key: Ed25519PrivateKey, now: datetime) -> SignedHead | None:
    """Sign a head over all that the log of `service` (whose schema is entered) holds; None where nothing is new.

    Readers of the log may go on, and so may writers: positions ascend in commit order, so what is seen is a whole prefix.

    Raises:
        HeadError: the log ends before the last head, or that head cannot be read.

    """
    async with connection.transaction():
        await lock_until_commit(connection, advisory_key(service, "heads"))
        last = await connection.fetchrow(SQL["last_head"])
        before = read_head(SignedHead(body=last["body"], signature=bytes(last["signature"]).hex())) if last else None
        upto = await connection.fetchval(SQL["newest_position"])
        if before is not None and (upto or 0) < before.position:
            raise HeadError(
                f"head {before.number} of {service} ends at position {before.position}, but the log at {upto or 0}: events "
                "were lost or deleted; `outagectl heads verify` says which heads still hold"
            )
        if upto is None or (before is not None and upto == before.position):
            return None
        part = await segment(connection, before.position if before else 0, upto)
        head = Head(
            service=service,
            number=before.number + 1 if before else 1,
            position=part.positions[-1],
            size=len(part.leaves),
            count=(before.count if before else 0) + len(part.leaves),
            root=merkle.root(part.leaves).hex(),
            previous=hashlib.sha256(last["body"].encode()).hexdigest() if last else None,
            at=now,
            key_id=key_id(key.public_key()),
        )
        signed = sign(head, key)
        await connection.execute(
            SQL["put_head"], head.number, head.position, signed.body, bytes.fromhex(signed.signature)
        )
        return signed
