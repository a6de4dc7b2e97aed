"""Keep until when the public was told that work lasts, by outage: as the last notice has it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.notices import Notice, NoticeWithdrawn
from services.kernel.model import Message
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[2] / "sql" / "heard.sql")


class NoticedWork:
    """`HeardListener` of outage.notices: table `noticed_work`."""

    hears: tuple[type[msgspec.Struct], ...] = (Notice, NoticeWithdrawn)

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """See HeardListener: the higher version counts, and of one version that it is withdrawn."""
        last: dict[str, tuple[int, bool, datetime]] = {}
        for message in said:
            word = message.data
            if isinstance(word, Notice | NoticeWithdrawn):
                found = word.version, isinstance(word, NoticeWithdrawn), word.planned_period.end
                last[word.mrid] = max(found, last.get(word.mrid, found))
        rows = [(mrid, *last[mrid]) for mrid in sorted(last)]
        await connection.execute(SQL["put_noticed"], *(list(column) for column in zip(*rows, strict=True)))

    async def forget(self, connection: Any, topic: str) -> None:
        """See HeardListener."""
        del topic
        await connection.execute(SQL["forget_noticed"])
