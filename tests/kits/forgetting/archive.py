"""An office whose notifier forgets what has come of age, and who may ask it what is left."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from schemas.contracts.base import Position
from schemas.contracts.customers import Contact, CustomerUpserted
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.answering import Operations
from services.kernel.operators.forgetting import Forgetter, Keeping
from services.kernel.writing.transaction import Transaction
from services.notifier.app import Notifier
from services.notifier.registry.forgetting import OldProfiles, OldTexts, OldWords
from services.tasks.forgetting import OldNotes
from tests.kits.ctl import Ctl
from tests.kits.forgetting.searching import everything
from tests.kits.stack.sending import VOICE, Office
from tests.kits.stack.sending import office as sending_office

DAY = timedelta(days=1)
STREET, MOVED_TO = "中山路18号", "江滨路7号"


@dataclass
class Archive:
    """An office whose notifier keeps texts three years and replaced profiles 90 days."""

    office: Office
    notifier: Notifier
    ctl: Ctl
    folder: Path

    @property
    def operations(self) -> Operations:
        """As a notifier that has just started judges."""
        transaction = Transaction(self.notifier, self.office.pool, Telemetry("notifier"))
        return Operations(transaction, self.office.clock)

    async def lives_at(self, name: str, address: str) -> None:
        """A word of the registry on a customer."""
        word = CustomerUpserted(
            customer_id=name,
            name=f"家庭 {name}",
            address=address,
            position=Position(latitude=23.10519, longitude=114.40713),
            importance="first",
            lines=("10千伏城东线",),
            contacts=(Contact(contact_id=f"{name}-duty"),),
            updated_at=self.office.clock.now(),
        )
        await self.office.say(name, word)

    async def a_round(self) -> None:
        """One round of forgetting, with somebody who judges requests beside it."""
        judging = asyncio.create_task(self._judge())
        try:
            await Forgetter(self.notifier, "notifier", self.office.pool, self.office.clock).once()
        finally:
            judging.cancel()

    async def _judge(self) -> None:
        operations = self.operations
        while True:
            await operations.once()
            await asyncio.sleep(0.02)

    async def steps(self) -> list[dict[str, Any]]:
        """What the log says of the steps of forgetting."""
        rows = await self.office.pool.fetch(
            "select reason, data from event where type = 'operator.done.v1' and data ->> 'action' = 'forget' order by position"
        )
        return [json.loads(row["data"])["result"] | {"reason": row["reason"]} for row in rows]

    async def everything(self) -> str:
        """All that the tables of the notifier hold, as text; not those of the vault, which are sealed."""
        # What waits to be matched again is gone in seconds, by a worker that is not at work here.
        await self.office.pool.execute("delete from rematch")
        return await everything(self.office.pool, "notifier")

    async def faults(self) -> list[str]:
        """What an audit finds of the log, the texts, and requests."""
        report = json.loads((await self.ctl.said("audit", "--service", "notifier", "--json")).out)
        wanted = {"chains", "replay", "timers", "promises", "forgotten", "operators", "intents", "sids"}
        return [text for one in report["checks"] if one["check"] in wanted for text in one["faults"]]


async def sent(office: Office) -> str:
    """A text of which all is over."""
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    return text


async def ctl_ok(archive: Archive, *words: str) -> None:
    """A command that must go well."""
    code, out, err = await archive.ctl.said(*words)
    assert code == 0, (words, out, err)


@asynccontextmanager
async def archive_in(postgres: str, folder: Path, ctl: Ctl) -> AsyncIterator[Archive]:
    """One on a database of its own."""
    async with sending_office(postgres, folder / "twilio") as office:
        keeping = Keeping((OldTexts(1095), OldProfiles(90), OldWords(1095), OldNotes(1095)))
        yield Archive(office, Notifier(VOICE, keeping=keeping), ctl, folder)
