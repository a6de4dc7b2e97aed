"""What is forgotten of tasks, and when: what people noted of their work, which may quote whom they spoke with."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from services.kernel.adapters.locks import Connection
from services.kernel.operators.forgetting import LogRule
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parent / "sql" / "forgetting.sql")
NOTES: Final = "notes"
"""The rule, in table forgettable."""


class OldNotes(LogRule):
    """Notes of tasks that were done: in the log, in table task, and in the requests by which people said so."""

    def __init__(self, days: int) -> None:
        super().__init__(NOTES, days)

    async def forgot(self, connection: Connection, positions: Sequence[int], at: datetime) -> None:
        """See ForgettingRule."""
        del at
        await connection.execute(SQL["forget_notes"], list(positions))
        await connection.execute(SQL["forget_whys"], list(positions))
