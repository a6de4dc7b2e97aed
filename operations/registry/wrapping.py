"""Change the key under which all customers' keys are wrapped, while notifiers go on sending; and forget what no key opens.

A customer's own key stays the same, so no number is sealed anew. Whatever is killed when, each row is opened by one of the
two keys: run it again. How to hand the keys round is in docs/operations.md, "The vault's key".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from operations.errors import Misused, Refused
from operations.registry.topic import registry
from operations.system.asking import ask
from operations.system.database import Connection
from operations.system.location import Where
from services.notifier.registry.erasing import FORGET_SHUT, REWRAP, Keys
from services.notifier.tables.vault import SQL, Vault, VaultError

AT_ONCE: Final = 500
"""Rows of one statement: locked for milliseconds, so that no text waits for it."""


@dataclass(slots=True)
class Wrapped:
    """By which key customers' keys are wrapped."""

    customers: int = 0
    current: int = 0
    """By OUTAGE_VAULT_KEY."""
    other: int = 0
    """By one of OUTAGE_VAULT_OTHER_KEYS."""
    shut: list[str] = field(default_factory=list)
    """Customers whose key none of them opens, by id."""
    moved: int = 0
    """How many this run wrapped anew."""


async def wrapped(where: Where) -> Wrapped:
    """By which key each is wrapped.

    Raises:
        Away: the database cannot be reached, or the vault's key is not known.
        Misused: a key is not 32 bytes in base64.

    """
    vault = _vault(where)
    async with registry(where) as connection:
        return await _look(connection, vault)


async def wrap_anew(where: Where) -> Wrapped:
    """Wrap all by OUTAGE_VAULT_KEY that one of the other keys opens; how they are wrapped then.

    Raises:
        Away: the database cannot be reached, or the vault's key is not known.
        Misused: a key is not 32 bytes in base64, or there is no index key of its own.

    """
    if where.index_key is None:
        raise Misused(
            "OUTAGE_INDEX_KEY is not set: the hashes by which a sender of a text is found would hang on the vault's key, "
            "and be lost with the old one; give the notifier's own"
        )
    vault = _vault(where)
    async with registry(where) as connection:
        before = await _look(connection, vault)
        if not before.other:
            return before
        await ask(where, "notifier", REWRAP, Keys(customers=before.other))
        moved = 0
        async for rows in _all(connection):
            part = [row for row in rows if not vault.is_current(*row) and _opens(vault, row)]
            anew = [vault.wrapped_anew(*row) for row in part]
            done = await connection.execute(SQL["wrap_anew"], *_columns(part), anew)
            moved += int(done.rpartition(" ")[2])
        after = await _look(connection, vault)
        after.moved = moved
        return after


async def forget_shut(where: Where, count: int) -> list[str]:
    """Forget the keys that none of ours opens, and the numbers under them: they are noise already. Whose they were.

    `count`: how many they are thought to be.

    Raises:
        Away: the database cannot be reached, or the vault's key is not known.
        Misused: a key is not 32 bytes in base64.
        Refused: they are more, or fewer.

    """
    vault = _vault(where)
    async with registry(where) as connection:
        shut = [row async for rows in _all(connection) for row in rows if not _opens(vault, row)]
        if len(shut) != count:
            raise Refused(
                f"{len(shut):,} customers' keys open with no key given here, not {count:,}: look whether "
                "OUTAGE_VAULT_KEY and OUTAGE_VAULT_OTHER_KEYS are all there are, then give the number that stands here"
            )
        if shut:
            await ask(where, "notifier", FORGET_SHUT, Keys(customers=len(shut)))
            await connection.execute(SQL["forget_as_wrapped"], *_columns(shut))
        return [customer for customer, _ in shut]


def _vault(where: Where) -> Vault:
    try:
        return Vault.from_text(where.need_vault_key(), where.index_key, where.vault_other_keys)
    except VaultError as error:
        raise Misused(f"OUTAGE_VAULT_KEY, OUTAGE_VAULT_OTHER_KEYS: {error}") from None


async def _look(connection: Connection, vault: Vault) -> Wrapped:
    found = Wrapped()
    async for rows in _all(connection):
        found.customers += len(rows)
        for row in rows:
            if vault.is_current(*row):
                found.current += 1
            elif _opens(vault, row):
                found.other += 1
            else:
                found.shut.append(row[0])
    return found


async def _all(connection: Connection) -> AsyncIterator[list[tuple[str, bytes]]]:
    """All of them, in pieces, by customer."""
    after = ""
    while rows := await connection.fetch(SQL["wrapped_after"], after, AT_ONCE):
        yield [(row["customer_id"], bytes(row["wrapped_key"])) for row in rows]
        after = rows[-1]["customer_id"]


def _columns(rows: Sequence[tuple[str, bytes]]) -> tuple[list[str], list[bytes]]:
    return [customer for customer, _ in rows], [key for _, key in rows]


def _opens(vault: Vault, row: tuple[str, bytes]) -> bool:
    try:
        vault.check(*row)
    except VaultError:
        return False
    return True
