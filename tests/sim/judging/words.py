"""Read what a service published about its promises and notices, from its log, in the order in which it was committed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from schemas.contracts.promises import (
    TYPES,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from services.promises import TOO_LATE
from tests.sim.judging.promises.owed import Standing

_WORDS = "select type, data, decided_at, cause from event where type = any($1::text[]) order by position"


@dataclass(frozen=True, slots=True)
class Word:
    """One event: when it was decided, what led to it (source and id), and what it says."""

    at: datetime
    cause: str
    said: Any


@dataclass(slots=True)
class Told:
    """One promise as it was published. `first`: its first verdict; `again`: what was said of it that could not be said any more."""

    made: Word
    warnings: dict[int, Word] = field(default_factory=dict)
    """By their number: those that somebody was given."""
    first: Word | None = None
    standing: Standing = "open"
    corrected: Word | None = None
    """The last correction of its verdict."""
    again: list[str] = field(default_factory=list)

    @property
    def warned(self) -> Word | None:
        """The first warning that was given."""
        return next(iter(self.warnings.values()), None)

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
    """The promises of which these words speak.

    Raises:
        KeyError: a word is about one that was never made.

    """
    found: dict[str, Told] = {}
    for word in spoken:
        if isinstance(word.said, PromiseMade):
            before = found.get(word.said.promise_id)
            one = found[word.said.promise_id] = Told(word)
            one.again += [] if before is None else [*before.again, "made"]
        else:
            _hear(found[word.said.promise_id], word)
    return [*found.values()]


def _hear(one: Told, word: Word) -> None:
    """Each warning once, in their order, one verdict, and corrections only of the verdict that stands."""
    match word.said:
        case PromiseAtRisk(reason=reason, number=given) if reason != TOO_LATE:
            number, made = given or 1, one.made.said
            late = number <= max(one.warnings, default=0) or number > 1 + len(made.warn_again_at)
            one.again += ["called at risk"] if late else []
            one.warnings.setdefault(number, word)
        case PromiseAtRisk():
            one.again += [] if word.at >= one.made.said.due_at else ["called too late to warn of"]
        case PromiseExplained():
            one.again += [] if one.standing == "broken" else [f"explained, and stood as {one.standing},"]
        case PromiseCorrected() as corrected:
            if corrected.was != one.standing or one.first is None:
                one.again.append(f"corrected from {corrected.was}, and stood as {one.standing},")
            one.standing, one.corrected = corrected.now, word
        case verdict:
            one.again += ["judged"] if one.first else []
            one.first, one.standing = one.first or word, _STANDING[type(verdict)]


_STANDING: Mapping[type, Standing] = {PromiseKept: "kept", PromiseBroken: "broken", PromiseVoided: "voided"}
