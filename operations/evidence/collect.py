"""Collect an evidence bundle from the logs, in one snapshot of the database."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET, UnsetType

from operations.evidence.form import (
    Attempt,
    Bundle,
    ForgottenPart,
    Heads,
    PolicyText,
    Proof,
    Proven,
    Sealed,
    TextRecord,
    digest_of,
    references,
    seal_words,
)
from operations.system.database import Connection, Row, connect, enter, present
from operations.system.location import Where
from operations.system.services import NAMES
from services.kernel.operators.forgetting import ForgottenEvent
from services.kernel.proof import merkle
from services.kernel.proof.heads import Head, SignedHead, key_id, read_head, segment, stored
from services.kernel.queries import queries
from services.policy.loading import policy_identity, policy_path
from services.policy.model import PolicyError

SQL = queries(Path(__file__).parents[1] / "sql" / "evidence.sql")
OF_PEOPLE = ("enquiry.", "complaint.", "followup.", "call.")
"""Kinds of events that one person said or was told."""


async def collect(
    where: Where,
    mrid: str,
    *,
    customer: str | None,
    folders: Sequence[Path],
    made_at: datetime,
    made_by: str,
    key: Ed25519PrivateKey | None,
) -> Bundle:
    """All that is known of an outage, with proofs as far as heads are signed.

    Raises:
        Away: the database cannot be reached.
        HeadError: a stored head cannot be read.

    """
    events: list[Proven] = []
    heads: list[Heads] = []
    texts: list[TextRecord] = []
    async with connect(where) as connection:
        services = await present(connection, NAMES)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for service in services:
                await enter(connection, service)
                rows = list(await connection.fetch(SQL["outage_stream"], f"outage/{mrid}"))
                if service == "notifier":
                    texts = await _texts(connection, mrid, customer)
                    streams = sorted({f"customer/{text.customer_id}" for text in texts})
                    ids = [text.message_id for text in texts]
                    rows += await connection.fetch(SQL["customer_events"], streams, ids, mrid)
                gone = await forgotten_parts(connection, rows)
                rows += await connection.fetch(
                    SQL["forgetting_steps"], sorted({f"operator/{one.request}" for one in gone.values()})
                )
                made, signed = await prove(connection, service, rows, gone)
                events += made if customer is None else map(_withheld, made)
                if signed:
                    heads.append(Heads(service=service, heads=tuple(signed)))
    named = [references(event.data) for event in events if event.data is not None]
    wanted = sorted(set[tuple[str, str]]().union(*(policies for policies, _ in named)))
    return Bundle(
        format="outage-evidence.v1",
        outage=mrid,
        customer=customer,
        made_at=made_at,
        made_by=made_by,
        product=version("outage-notice"),
        key_id=key_id(key.public_key()) if key else None,
        events=tuple(events),
        heads=tuple(heads),
        policies=tuple(policy_text(one, folders) for one in wanted),
        calendars=tuple(sorted(set[str]().union(*(calendars for _, calendars in named)))),
        messages=tuple(texts),
    )


def seal(bundle: Bundle, key: Ed25519PrivateKey | None) -> Sealed:
    """The file's content: digest and, with a key, a signature that also covers what was left out."""
    digest = digest_of(bundle)
    return Sealed(bundle=bundle, digest=digest, signature=key.sign(seal_words(digest)).hex() if key else None)


async def prove(
    connection: Connection, service: str, rows: Iterable[Row], gone: Mapping[int, ForgottenPart]
) -> tuple[list[Proven], list[SignedHead]]:
    """Rows in log order as events with proofs, and the heads that these need, on to the newest."""
    ordered = sorted(rows, key=lambda row: int(row["position"]))
    signed = await stored(connection)
    heads = [read_head(one) for one in signed]
    ends = [head.position for head in heads]
    by_head: dict[int, list[int]] = {}
    for row in ordered:
        at = bisect_left(ends, row["position"])
        if at < len(heads):
            by_head.setdefault(at, []).append(row["position"])
    proofs: dict[int, Proof] = {}
    for at, positions in by_head.items():
        proofs |= await _proofs(connection, heads[at], ends[at - 1] if at else 0, positions)
    needed = signed[min(by_head) :] if by_head else signed[-1:]
    made = [_proven(service, row, proofs.get(row["position"]), gone.get(row["position"], UNSET)) for row in ordered]
    return made, needed


async def forgotten_parts(connection: Connection, rows: Iterable[Row]) -> dict[int, ForgottenPart]:
    """By position, of which of these events something was taken out, each with its way to the root of its step."""
    bare = {row["position"]: row for row in rows if row["request_id"] is not None}
    steps: dict[UUID, list[ForgottenEvent]] = {}
    for one in await connection.fetch(SQL["forgotten_of"], list({row["request_id"] for row in bare.values()})):
        gone = ForgottenEvent(one["position"], one["stream_id"], one["version"], bytes(one["rest"]))
        steps.setdefault(one["request_id"], []).append(gone)
    found: dict[int, ForgottenPart] = {}
    for request, events in steps.items():
        indexes = {one.position: index for index, one in enumerate(events) if one.position in bare}
        paths = merkle.paths([one.leaf for one in events], list(indexes.values()))
        for position, index in indexes.items():
            row = bare[position]
            found[position] = ForgottenPart(
                rule=row["forgotten_by"],
                at=row["forgotten_at"],
                request=str(request),
                index=index,
                path=tuple(one.hex() for one in paths[index]),
            )
    return found


async def _proofs(connection: Connection, head: Head, after: int, positions: Sequence[int]) -> dict[int, Proof]:
    part = await segment(connection, after, head.position)
    indexes = {position: bisect_left(part.positions, position) for position in positions}
    paths = merkle.paths(part.leaves, list(indexes.values()))
    return {
        position: Proof(head=head.number, index=index, path=tuple(one.hex() for one in paths[index]))
        for position, index in indexes.items()
    }


def _proven(service: str, row: Row, proof: Proof | None, forgotten: ForgottenPart | UnsetType) -> Proven:
    previous: bytes | None = row["previous"]
    return Proven(
        service=service,
        stream_id=row["stream_id"],
        version=row["version"],
        event_id=str(row["event_id"]),
        type=row["type"],
        data=row["data"],
        cause=row["cause"],
        reason=row["reason"],
        decided_at=row["decided_at"],
        position=row["position"],
        previous=previous.hex() if previous is not None else None,
        chain=bytes(row["chain"]).hex(),
        proof=proof,
        forgotten=forgotten,
    )


def _withheld(event: Proven) -> Proven:
    """Without its content, where that is another person's: what was asked, complained of or answered on the telephone.

    Dispatch does not say whose it is, so one customer's bundle holds nobody's. Events of customers are of this one alone.
    """
    if not event.type.startswith(OF_PEOPLE):
        return event
    return msgspec.structs.replace(event, data=None, cause="", reason="")


async def _texts(connection: Connection, mrid: str, customer: str | None) -> list[TextRecord]:
    rows = await connection.fetch(SQL["texts_of_outage"], mrid, customer)
    attempts: dict[str, list[Attempt]] = {}
    for row in await connection.fetch(SQL["attempts"], [row["message_id"] for row in rows]):
        attempts.setdefault(row["message_id"], []).append(
            Attempt(
                n=row["n"],
                provider=row["provider"],
                started_at=row["started_at"],
                outcome=row["outcome"],
                provider_sid=row["provider_sid"],
                provider_code=row["provider_code"],
            )
        )
    return [
        TextRecord(
            message_id=row["message_id"],
            customer_id=row["customer_id"],
            contact_id=row["contact_id"],
            mrids=tuple(row["mrids"]),
            trigger=row["trigger"],
            lane=row["lane"],
            state=row["state"],
            ref=row["ref"],
            body=row["body"],
            requested_at=row["requested_at"],
            due_at=row["due_at"],
            expires_at=row["expires_at"],
            provider_sid=row["provider_sid"],
            attempts=tuple(attempts.get(row["message_id"], ())),
        )
        for row in rows
    ]


def policy_text(wanted: tuple[str, str], folders: Sequence[Path]) -> PolicyText:
    """The text of a regime, if a file of exactly this version is at hand."""
    policy_id, policy_version = wanted
    files = [policy_path(policy_id), *(path for folder in folders for path in sorted(folder.glob("*.toml")))]
    if os.environ.get("OUTAGE_POLICY", "").endswith(".toml"):
        files.append(Path(os.environ["OUTAGE_POLICY"]))
    for file in files:
        try:
            # Not loaded: a former release's file need not be one that this release would go by.
            found = policy_identity(file)
        except PolicyError:
            continue
        if found == wanted:
            content = file.read_bytes().replace(b"\r\n", b"\n").decode()
            return PolicyText(policy_id=policy_id, policy_version=policy_version, content=content)
    return PolicyText(policy_id=policy_id, policy_version=policy_version, content=None)
