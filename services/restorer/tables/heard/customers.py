"""Keep whom the registry knows, for the watch over silence: id, importance and places; who is erased is no more than an id."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.customers import CustomerErased, CustomerUpserted
from services.kernel.model import Message
from services.kernel.queries import queries
from services.restorer.domain.silence.customers import watched

SQL = queries(Path(__file__).parents[2] / "sql" / "heard.sql")


class RegisteredCustomers:
    """`HeardListener` of outage.customers: table `watched_customer`. The last record under an id is so, whichever comes first."""

    hears: tuple[type[msgspec.Struct], ...] = (CustomerUpserted, CustomerErased)

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """See HeardListener. What was erased or changed is placed anew by the watch."""
        last: dict[str, Message] = {}
        for message in said:
            known = last.get(message.key)
            if known is None or known.recorded_at <= message.recorded_at:
                last[message.key] = message
        rows = [(name, last[name].recorded_at, *_known(last[name].data)) for name in sorted(last)]
        await connection.execute(SQL["put_customers"], *(list(column) for column in zip(*rows, strict=True)))

    async def forget(self, connection: Any, topic: str) -> None:
        """See HeardListener."""
        del topic
        await connection.execute(SQL["forget_customers"])


def _known(data: object) -> tuple[str | None, str | None]:
    """The rank and the rest as JSON; nothing of who is erased."""
    if not isinstance(data, CustomerUpserted):
        return None, None
    kept = watched(data)
    return kept.rank, msgspec.json.encode(kept).decode()
