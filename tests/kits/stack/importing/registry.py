"""Make a notifier's database and a Kafka with the registry's topic, and run `outagectl` on them, without the notifier."""

import base64
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from devstack.servers.stack import TopicSpec, create_topics
from schemas.cloudevent import CloudEvent
from schemas.contracts import customers
from schemas.contracts.customers import CustomerUpserted
from services.notifier.tables.vault import Vault, number_of
from tests.kits.ctl import Ctl
from tests.kits.stack.databases import database
from tests.kits.stack.importing.topics import events_of

KEY = base64.b64encode(b"k" * 32).decode()
_runs = itertools.count()
CUSTOMERS = "customer_id,name,importance,lines,language\n"
CONTACTS = "customer_id,contact_id,number,rank,role,can_reply\n"
HOSPITAL = "$1,东江医院,special,10千伏城东线,zh-CN"
WATER = "$2,东江水厂,first,10千伏江滨线,zh-CN"
DUTY = "$1,$1-duty,+44 7700 900101,,值班室,yes"
OFFICE = "$1,$1-office,+44 7700 900102,,,"
CONTROL = "$2,$2-control,+44 7700 900103,,,"
"""Rows of either: `$` stands for the test's own prefix."""


@dataclass
class Desk:
    """Where a clerk sits: files, the command line, and a look behind it."""

    address: str
    kafka: str
    folder: Path
    prefix: str
    """Of this test's customers: the topic is shared with other tests."""
    ctl: Ctl
    db: asyncpg.Connection

    def file(self, name: str, header: str, rows: Iterable[str]) -> str:
        """A CSV file; `$` in a row stands for this test's prefix."""
        path = self.folder / name
        path.write_text(header + "".join(row.replace("$", self.prefix) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    async def customers(self, *rows: str, **more: Any) -> Any:
        """Import customers of these rows."""
        words = more.pop("words", ())
        return await self.ctl.json("import", "customers", self.file("customers.csv", CUSTOMERS, rows), *words, **more)

    async def contacts(self, *rows: str, **more: Any) -> Any:
        """Import contacts of these rows."""
        words = more.pop("words", ())
        return await self.ctl.json("import", "contacts", self.file("contacts.csv", CONTACTS, rows), *words, **more)

    async def words(self) -> list[CloudEvent]:
        """What the topic holds of this test's customers, in the order of each customer's partition."""
        return await events_of(self.kafka, customers.TOPIC, self.prefix)

    async def last(self, customer: str) -> Any:
        """The last word on a customer (`$` as in a file)."""
        name = customer.replace("$", self.prefix)
        return [word.data for word in await self.words() if word.data.customer_id == name][-1]

    async def number(self, contact: str) -> str | None:
        """A contact's number, as the sender finds it."""
        return await number_of(self.db, Vault.from_text(KEY), contact.replace("$", self.prefix))

    async def takes(self, word: CustomerUpserted) -> None:
        """As the notifier's projection does when it takes an upsert."""
        profile = msgspec.json.encode(word).decode()
        await self.db.execute(
            "insert into customer values ($1, $2, $3) on conflict (customer_id) do update "
            "set profile = excluded.profile, updated_at = excluded.updated_at",
            word.customer_id,
            profile,
            word.updated_at,
        )

    async def answers(self, action: str) -> list[tuple[str, dict[str, Any]]]:
        """What requests of this action came to, in the order of the log: the reason, and the answer."""
        rows = await self.db.fetch(
            "select reason, data from event where type in ('operator.done.v1', 'operator.refused.v1') "
            "and data ->> 'action' = $1 order by position",
            action,
        )
        return [(row["reason"], json.loads(row["data"])) for row in rows]


@asynccontextmanager
async def clerk(
    postgres: str, kafka: str, monkeypatch: pytest.MonkeyPatch, folder: Path, ctl: Ctl
) -> AsyncIterator[Desk]:
    """A desk in a database of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    await create_topics(kafka, {customers.TOPIC: TopicSpec(4, compacted=True)})
    async with database(postgres, "notifier") as address:
        for name, value in {
            "OUTAGE_POSTGRES": address,
            "OUTAGE_KAFKA": kafka,
            "OUTAGE_VAULT_KEY": KEY,
            "OUTAGE_OPERATOR": "chen",
        }.items():
            monkeypatch.setenv(name, value)
        db = await asyncpg.connect(address, server_settings={"search_path": "notifier"})
        made = Desk(address, kafka, folder, f"R{os.getpid()}-{next(_runs)}-", ctl, db)
        try:
            yield made
        finally:
            await db.close()
