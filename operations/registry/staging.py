"""Put a registry file into tables of one transaction, beside what was known before; numbers only sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from connectors.registry.contacts import ContactRow
from connectors.registry.entry import RegistryEntry
from connectors.registry.phone import Number, shared
from connectors.table import Errors, RowError
from operations.registry.topic import SQL
from operations.system.database import Connection
from schemas.contracts.customers import CustomerUpserted
from services.notifier.registry.topic import SQL as REGISTRY
from services.notifier.tables.vault import Vault, country_of

T = TypeVar("T")
AT_ONCE = 2_000
UNKNOWN = "customer_id is not in the registry: import it with `outagectl import customers` first, or correct it"
# What the tables of the file hold when all is read is unknown to the planner until somebody looks.
ANALYZE = "analyze file_customer; analyze file_contact; analyze file_key"


class Staging:
    """The file's tables; `vault` seals the numbers, and is needed for contacts only."""

    def __init__(self, connection: Connection, vault: Vault | None) -> None:
        self._connection = connection
        self._vault = vault

    async def open(self) -> None:
        """Make the tables; run in the transaction that ends them."""
        await self._connection.execute(REGISTRY["adopt"], None)
        await self._connection.execute(SQL["file_tables"])

    async def customers(self, customers: Iterable[CustomerUpserted]) -> int:
        """Take customers without a word on their contacts; returns how many."""
        count = 0
        for chunk in _chunks(customers):
            rows = [(one.customer_id, msgspec.json.encode(one).decode()) for one in chunk]
            await self._connection.copy_records_to_table("file_customer", records=rows)
            count += len(rows)
        return count

    async def contacts(self, rows: Iterable[ContactRow]) -> int:
        """Take contacts, each customer's whole list; returns how many.

        Raises:
            VaultError: the vault does not open with this key.

        """
        count = 0
        for chunk in _chunks(rows):
            await self._seal(chunk)
            count += len(chunk)
        return count

    async def entries(self, entries: Iterable[RegistryEntry]) -> int:
        """Take customers with their contacts; returns how many customers."""
        count = 0
        for chunk in _chunks(entries):
            count += await self.customers(entry.customer for entry in chunk)
            await self.contacts(
                ContactRow(0, entry.customer.customer_id, contact, Number(entry.numbers[contact.contact_id]))
                for entry in chunk
                for contact in entry.customer.contacts
            )
        return count

    async def _seal(self, chunk: Sequence[ContactRow]) -> None:
        vault = self._vault
        assert vault is not None  # noqa: S101 - whoever takes contacts gives a vault
        ids = [row.contact.contact_id for row in chunk]
        owners = [row.customer_id for row in chunk]
        known = {
            (row["contact_id"], row["customer_id"]): row["blind_index"]
            for row in await self._connection.fetch(SQL["known_numbers"], ids, owners)
        }
        keys: dict[str, bytes] = {
            row["customer_id"]: row["wrapped_key"]
            for row in await self._connection.fetch(SQL["known_keys"], list(set(owners)))
        }
        fresh: dict[str, bytes] = {}
        records = []
        for row in chunk:
            index = vault.blind_index(row.number.e164)
            sealed = country = None
            if known.get((row.contact.contact_id, row.customer_id)) != index:
                wrapped = keys.get(row.customer_id)
                if wrapped is None:
                    wrapped = keys[row.customer_id] = fresh[row.customer_id] = vault.new_customer_key(row.customer_id)
                sealed = vault.seal(row.customer_id, wrapped, row.contact.contact_id, row.number.e164)
                country = country_of(row.number.e164)
            contact = msgspec.json.encode(row.contact).decode()
            records.append(
                (row.customer_id, row.contact.contact_id, row.line, row.contact.rank, contact, index, sealed, country)
            )
        await self._connection.copy_records_to_table("file_key", records=list(fresh.items()))
        await self._connection.copy_records_to_table("file_contact", records=records)

    async def plan(self, errors: Errors, bring_back: Sequence[str], pruned: str) -> dict[str, int]:
        """Compare; returns the customers of each verdict: new, changed, unchanged, erased, unknown, bad.

        Contacts of nobody, and numbers that contradict the vault's, are added to `errors`.
        """
        connection = self._connection
        await connection.execute(SQL["keep_out"], sorted(errors.subjects))
        await connection.execute(ANALYZE)
        await connection.execute(SQL["adopt_erasures"])
        await connection.execute(SQL["plan"], list(bring_back), pruned)
        await connection.execute("analyze planned")
        for row in await connection.fetch(SQL["named"], "unknown"):
            errors.add(RowError(row["line"] or 0, UNKNOWN, row["customer_id"], "customer_id"))
        bad = set()
        for row in await connection.fetch(SQL["other_numbers"]):
            bad.add(row["customer_id"])
            problem = (
                f"contact {row['contact_id']} is a contact of {row['other']} too, under another number: "
                "give both in one file, or another contact_id"
            )
            errors.add(RowError(row["line"], problem, row["customer_id"], "number"))
        await connection.execute("update planned set verdict = 'bad' where customer_id = any($1::text[])", sorted(bad))
        return {row["verdict"]: row["customers"] for row in await connection.fetch(SQL["verdicts"])}

    async def shared_handsets(self) -> AsyncIterator[RowError]:
        """Numbers that came with an earlier file for another customer: taken, and worth a look. For after `plan`."""
        async for row in self._connection.cursor(SQL["shared_handsets"]):
            yield RowError(row["line"], f"number: {shared(row['other'])}", row["customer_id"], "number")


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of AT_ONCE items."""
    rest = iter(items)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk
