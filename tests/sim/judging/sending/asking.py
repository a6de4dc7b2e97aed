"""Texts that ask for an answer by a provider that brings none, read from their words."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

import asyncpg

ASKS: Final = ("回复1", "reply 1")
_SENT: Final = """
select a.message_id, a.provider, coalesce(a.body, n.body) as body from attempt a join notification n using (message_id)
where a.outcome <> 'not-created' order by a.started_at, a.message_id
"""


class SentWords(NamedTuple):
    """What an attempt said, and by whom it went."""

    message_id: str
    provider: str
    body: str


async def sent_words(log: asyncpg.Connection) -> list[SentWords]:
    """Of every attempt that may have gone."""
    return [SentWords(row["message_id"], row["provider"], row["body"]) for row in await log.fetch(_SENT)]


def asked_in_vain(sent: Iterable[SentWords], answered: Collection[str]) -> Iterator[str]:
    """Where nobody would hear the answer. `answered`: providers that bring answers to us."""
    for one in sent:
        if one.provider not in answered and any(words in one.body for words in ASKS):
            yield f"text {one.message_id} asks for an answer, and {one.provider} brings none"
