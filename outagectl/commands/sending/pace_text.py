"""Show the shared pace of texts to people: what each sender may do now, and what holds it back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from operations.sending.paces import SenderPace, paces_now
from operations.system.location import Where
from operations.times import Times, span
from outagectl.terminal.say import console, table

COLUMNS = ("provider", "sender", "texts a second", "may be", "tokens left", "what holds it back")


def pace_rows(paces: Sequence[SenderPace], now: datetime, t: Times) -> list[tuple[str, ...]]:
    """A row for each sender."""
    return [
        (
            one.provider,
            one.sender,
            f"{one.pace.rate:.4g}",
            f"{one.pace.ceiling:.4g}",
            f"{int(one.pace.tokens)} of {int(one.pace.gathers)}",
            _held(one, now, t),
        )
        for one in paces
    ]


def _held(one: SenderPace, now: datetime, t: Times) -> str:
    until, slowed = one.rests_until(now), one.pace.slowed_at
    said = []
    if one.is_slowed and slowed is not None:
        said.append(f"slowed down by a 429 {t.at(slowed)}, faster each second")
    if until is not None:
        said.append(f"rests for {span(until - now)} more, as the provider asked")
    return "; ".join(said) or "nothing"


def say_paces(where: Where, t: Times) -> None:
    """The shared pace; nothing where nothing was ever sent."""
    paces, now = asyncio.run(paces_now(where))
    if paces:
        console().print()
        console().print(table("The pace that all lanes share", COLUMNS, pace_rows(paces, now, t)))
