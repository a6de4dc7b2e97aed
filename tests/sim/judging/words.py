"""Read what a service published about its promises and notices, from its log, in the order in which it was committed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from schemas.contracts.promises import (
    TYPES,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from tests.sim.judging.owed import Standing

_WORDS = "select type, data, decided_at, cause from event where type = any($1::text[]) order by position"


@dataclass(frozen=True, slots=True)
class Word:
    """One event: when it was decided, what led to it (source and id), and what it says."""

    at: datetime
    cause: str
    said: Any


@dataclass(slots=True)
class Told:
    """One promise as it was published. `first`: its first verdict."""

    made: Word
    warned: Word | None = None
    first: Word | None = None
    standing: Standing = "open"

    @property
    def name(self) -> str:
        """Its id."""
        made: PromiseMade = self.made.said
        return made.promise_id


async def words(log: asyncpg.Connection, types: Mapping[str, type]) -> list[Word]:
    """The events of these types."""
    rows = await log.fetch(_WORDS, list(types))
    return [
        Word(row["decided_at"], row["cause"], msgspec.json.decode(row["data"], type=types[row["type"]])) for row in rows
    ]


async def promises(log: asyncpg.Connection) -> Sequence[Told]:
    """Every promise of a service, in the order in which they were made."""
    return told(await words(log, TYPES))


def told(spoken: Iterable[Word]) -> Sequence[Told]:
    """The promises of which these words speak."""
    found: dict[str, Told] = {}
    for word in spoken:
        match word.said:
            case PromiseMade() as made:
                found[made.promise_id] = Told(word)
            case PromiseAtRisk() as warned:
                found[warned.promise_id].warned = word
            case PromiseKept() | PromiseBroken() | PromiseVoided() as verdict:
                one = found[verdict.promise_id]
                one.first, one.standing = word, _STANDING[type(verdict)]
            case PromiseCorrected() as corrected:
                found[corrected.promise_id].standing = corrected.now
    return [*found.values()]


_STANDING: Mapping[type, Standing] = {PromiseKept: "kept", PromiseBroken: "broken", PromiseVoided: "voided"}
