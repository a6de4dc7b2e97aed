"""Show the phone numbers of a customer to whoever must call, once it is on record who looks and why; confirm that they are right.

The numbers are opened here and go to the terminal: they stand in no request, no answer and no log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from operations.errors import Misused, Refused
from operations.registry.topic import registry
from operations.system.asking import ask
from operations.system.location import Where
from services.notifier.registry.forgetting import SQL
from services.notifier.registry.numbers import CONFIRM, SHOW, ConfirmedNumbers, LookedUp
from services.notifier.tables.vault import Vault, VaultError, number_of

_SEES = "select has_table_privilege('contact_vault', 'select') and has_table_privilege('customer_key', 'select')"


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """One contact's number."""

    contact_id: str
    number: str
    put_at: datetime
    """Since when it is thought to be right: imported then, or confirmed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown, and where it is on record that it was."""

    request_id: UUID
    numbers: Sequence[ShownNumber]


async def show_numbers(where: Where, customer_id: str, contact_id: str | None, *, reason: str) -> Shown:
    """The numbers of a customer, or of one contact. First it is put on record, and judged, who looks and why.

    Raises:
        Away: the database or the vault's key is not there, or nobody can put it on record now.
        Misused: the vault's key is not one.
        Refused: no reason was given, there is no such number, or this role may not see it.

    """
    try:
        vault = Vault.from_text(where.need_vault_key(), where.index_key, where.vault_other_keys)
    except VaultError as error:
        raise Misused(f"OUTAGE_VAULT_KEY, OUTAGE_VAULT_OTHER_KEYS: {error}") from None
    async with registry(where) as connection:
        if not await connection.fetchval(_SEES):
            raise Refused("the role used here may not read the vault: use one that may (docs/operations.md, Roles)")
        answer = await ask(
            where, "notifier", SHOW, LookedUp(customer_id=customer_id, contact_id=contact_id), reason=reason
        )
        recorded: Mapping[str, Any] = answer.result
        put = {row["contact_id"]: row["put_at"] for row in await connection.fetch(SQL["numbers_held"], customer_id)}
        found: list[ShownNumber] = []
        for one in recorded["contactIds"]:
            try:
                number = await number_of(connection, vault, one)
            except VaultError as error:
                raise Refused(f"{error}: see outagectl vault status") from None
            if number is not None and one in put:
                found.append(ShownNumber(one, number, put[one]))
        return Shown(answer.request_id, found)


async def confirm_numbers(where: Where, customer_id: str, contacts: Sequence[str], *, by: str) -> Sequence[str]:
    """Put on record that somebody (`by`) asked the customer and the numbers are right; the contacts.

    Raises:
        Away: nobody can judge it now.
        Refused: there is no such number.

    """
    detail = ConfirmedNumbers(customer_id=customer_id, contact_ids=tuple(contacts), by=by)
    answer = await ask(where, "notifier", CONFIRM, detail)
    confirmed: Sequence[str] = answer.result["contactIds"]
    return confirmed
