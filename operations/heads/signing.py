"""Sign the logs of all services, list their heads, and compare each log with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from operations.audit.report import Report
from operations.errors import Misused
from operations.heads.check import check_heads
from operations.system.database import connect, enter, present
from operations.system.location import Where
from services.kernel.proof.heads import HeadError, SignedHead, make, read_head, stored
from services.kernel.warp import clock_from


async def sign_all(where: Where, services: Sequence[str], key: Ed25519PrivateKey) -> dict[str, SignedHead | None]:
    """Sign the log of each service that has one; None where nothing is new.

    Raises:
        Away: the database cannot be reached.

    """
    now = clock_from(where.clock_file).now()
    made: dict[str, SignedHead | None] = {}
    async with connect(where) as connection:
        for name in await present(connection, services):
            await enter(connection, name)
            made[name] = await make(connection, name, key, now)
    return made


async def all_heads(where: Where, services: Sequence[str]) -> list[SignedHead]:
    """The heads of these services, oldest first within each."""
    found: list[SignedHead] = []
    async with connect(where) as connection:
        for name in await present(connection, services):
            await enter(connection, name)
            found += await stored(connection)
    return found


async def verify_all(
    where: Where,
    services: Sequence[str],
    keys: dict[str, Ed25519PublicKey],
    exported: Sequence[SignedHead] | None = None,
) -> Report:
    """Hold each log to its heads, in one snapshot.

    Raises:
        Away: the database cannot be reached.

    """
    report = Report()
    async with connect(where) as connection:
        there = await present(connection, services)
        gone = {read_head(one).service for one in exported or ()} & (set(services) - set(there))
        for name in sorted(gone):
            claim = "the heads that were exported are those of the database"
            report.check(name, "exported", claim, "head").fault(f"heads of {name} were exported, but it has no tables")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for name in there:
                await enter(connection, name)
                await check_heads(connection, name, keys, exported, report)
    return report


def exported_heads(file: Path) -> list[SignedHead]:
    """Heads as they were exported.

    Raises:
        Misused: the file is not such a file.

    """
    try:
        heads = [msgspec.json.decode(line, type=SignedHead) for line in file.read_bytes().splitlines() if line.strip()]
        for one in heads:
            read_head(one)
    except (OSError, msgspec.MsgspecError, HeadError) as error:
        raise Misused(f"{file} holds no exported heads ({error}): `outagectl heads export FILE` writes them") from None
    return heads
