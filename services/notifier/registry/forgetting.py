"""What the notifier forgets of texts and profiles, and when: its rules (services/kernel/operators/forgetting.py).

A text's wording goes out of the log and its row in one transaction. A profile goes once another one, or an erasure, took its
place and that is long ago: the present one stays, for customers are told by it.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from services.kernel.adapters.locks import Connection
from services.kernel.operators.forgetting import LogRule
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "forgetting.sql")
TEXTS: Final = "texts"
WORDS: Final = "words"
PROFILES: Final = "profiles"
AT_ONCE: Final = 500
"""Texts of one step: their rows are locked for milliseconds."""


class OldTexts(LogRule):
    """Wordings of texts, which hold names and addresses as they were sent."""

    def __init__(self, days: int) -> None:
        super().__init__(TEXTS, days)

    async def due(self, connection: Connection, before: datetime) -> Sequence[int]:
        """See ForgettingRule. Found by their rows: what may still be sent is not forgotten, however old."""
        return [row["position"] for row in await connection.fetch(SQL["texts"], before, AT_ONCE)]

    async def forgot(self, connection: Connection, positions: Sequence[int], at: datetime) -> None:
        """See ForgettingRule."""
        await connection.execute(SQL["forget_texts"], list(positions), at)


class OldProfiles(LogRule):
    """Names, addresses and coordinates that hold no more: of who moved, and of who was erased."""

    def __init__(self, days: int) -> None:
        super().__init__(PROFILES, days)

    async def among(self, connection: Connection, after: int, upto: int) -> Sequence[int]:
        """See LogRule: those that a word of that span took the place of."""
        return [row["position"] for row in await connection.fetch(SQL["superseded"], after, upto)]


class OldWords(LogRule):
    """What customers answered, and what they said when somebody called them."""

    def __init__(self, days: int) -> None:
        super().__init__(WORDS, days)

    async def forgot(self, connection: Connection, positions: Sequence[int], at: datetime) -> None:
        """See ForgettingRule: what came in stands as a row until the next text comes in months later."""
        del at
        await connection.execute(SQL["forget_replies"], list(positions))
