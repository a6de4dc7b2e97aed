"""What the release before leaves in a notifier's tables: run with its code and test kits on the path, DSN URL.

DSN: an empty database; URL: a provider that makes the text to the third customer, and not the one to the fourth, and answers
neither. Prints which text is which, as JSON. `late`: told long ago, the time that it named is over. `told`: taken a moment ago.
`made`, `lost`: the answer was lost. `claimed`: its process died between claim and POST. `queued`: nobody was at it.
Everything here is imported from that release, so nothing may be used that it did not have.
"""

import asyncio
import contextlib
import json
import sys
from datetime import timedelta
from types import SimpleNamespace

from services.kernel.adapters.migrate import migrate
from services.kernel.running.main import folders
from services.notifier.tables.vault import Vault
from tests.kits.stack.sending import KEY, BentClock, Office, _tools

LONG_AGO = timedelta(hours=-5)
GONE = 4711
"""An owner that is nobody's."""


async def main(dsn: str, url: str) -> None:
    """Write it all, and end."""
    await migrate(dsn, "notifier", folders("notifier"))
    async with contextlib.AsyncExitStack() as exits:
        clock = BentClock()
        pool, ingest = await _tools(dsn, clock, exits)
        office = Office(dsn, pool, SimpleNamespace(url=url), ingest, clock, Vault.from_text(KEY), exits)
        clock.now_ahead = LONG_AGO
        texts = {"late": await office.text()}
        async with office.at_work(office.sender()):
            await office.comes_to(texts["late"], "accepted")
        clock.now_ahead = timedelta(0)
        for name in ("told", "made", "lost"):
            texts[name] = await office.text()
        sender = office.sender()
        async with office.at_work(sender):
            await office.comes_to(texts["told"], "accepted")
            await office.comes_to(texts["made"], "unknown")
            await office.comes_to(texts["lost"], "unknown")
        texts["claimed"] = await office.text()
        await sender._claims.take(1, GONE)
        texts["queued"] = await office.text()
    sys.stdout.write(json.dumps(texts))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
