"""Keep whom no text reaches, and who is told nothing of a fact that is held: what the notifier itself says of silences."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.messages import ContactUnreached, CustomersUntold
from services.kernel.model import Message
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[2] / "sql" / "heard.sql")


class UnreachedCustomers:
    """`HeardListener` of outage.messages: table `customer_unreached`, the last word of each customer."""

    hears: tuple[type[msgspec.Struct], ...] = (ContactUnreached, CustomersUntold)

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """See HeardListener."""
        last: dict[str, tuple[datetime, str]] = {}
        for message in said:
            match message.data:
                case ContactUnreached(customer_id=name, at=at, reason=reason):
                    last[name] = max((at, reason), last.get(name, (at, reason)))
                case CustomersUntold(customer_ids=names, at=at, reason=reason):
                    for name in names:
                        last[name] = max((at, reason), last.get(name, (at, reason)))
        rows = [(name, *last[name]) for name in sorted(last)]
        await connection.execute(
            SQL["put_unreached"], *([list(column) for column in zip(*rows, strict=True)] or [[]] * 3)
        )

    async def forget(self, connection: Any, topic: str) -> None:
        """See HeardListener."""
        del topic
        await connection.execute(SQL["forget_unreached"])
