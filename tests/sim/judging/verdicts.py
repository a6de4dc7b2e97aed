"""Hold the published verdicts against what the facts say: wrongly kept, wrongly broken, none at all, never warned of."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.promises import PromiseBroken, PromiseKept, PromiseMade
from tests.sim.judging.owed import Owed
from tests.sim.judging.words import Told

SOON: Final = timedelta(seconds=10)
"""A deadline is judged, and a warning given, so soon after its instant where nothing is broken."""
Key = tuple[str, str]
Storm = tuple[datetime, datetime]
"""From when until when something may have been broken."""


def wrong(published: Sequence[Told], owed: Iterable[Owed], beyond: set[str], now: datetime) -> Iterator[str]:
    """Where what stands published is not what the facts say. Of outages in `beyond` nothing is known."""
    said: dict[Key, list[Told]] = {}
    facts: dict[Key, list[Owed]] = {}
    for one in published:
        said.setdefault(_key(one), []).append(one)
    for due in owed:
        facts.setdefault((due.mrid, due.rule), []).append(due)
    for key in sorted(said.keys() | facts.keys()):
        if key[0] in beyond:
            continue
        mine = Counter((due.due, due.standing(now)) for due in facts.get(key, ()))
        theirs = Counter((_made(one).due_at, one.standing) for one in said.get(key, ()))
        for (due_at, standing), count in sorted(mine.items()):
            # One that was put elsewhere, or did not bind, may have been made and voided besides.
            if standing != "voided" and theirs[due_at, standing] < count:
                others = sorted(how for (at, how), _ in theirs.items() if at == due_at) or ["never made"]
                yield f"promise {key[1]} of {key[0]}, due {_t(due_at)}, is {standing} by the facts, and published as {others}"
        for (due_at, standing), count in sorted(theirs.items()):
            if standing != "voided" and mine[due_at, standing] < count:
                yield f"promise {key[1]} of {key[0]}, due {_t(due_at)}, is published as {standing}; the facts do not say so"


def untimely(published: Sequence[Told], storms: Sequence[Storm], now: datetime) -> Iterator[str]:
    """Verdicts that are missing, before their time or long after it, and warnings that were not given before."""
    for one in published:
        made, first = _made(one), one.first
        if first is None:
            if made.due_at + SOON < now:
                yield f"promise {one.name} was due {_t(made.due_at)} and has no verdict"
            continue
        verdict = first.said
        if isinstance(verdict, PromiseKept) and not verdict.at <= made.due_at:
            yield f"promise {one.name} is kept at {_t(verdict.at)}, after it was due"
        if not isinstance(verdict, PromiseBroken):
            continue
        passed = verdict.at == made.due_at
        if passed and first.at < made.due_at:
            yield f"promise {one.name} was called broken at {_t(first.at)}, before it was due {_t(made.due_at)}"
        if passed and first.at > whole(made.due_at, storms) + SOON:
            yield f"promise {one.name} was called broken at {_t(first.at)}, long after it was due {_t(made.due_at)}"
        yield from _unwarned(one, first.at, storms)


def whole(at: datetime, storms: Sequence[Storm]) -> datetime:
    """That instant, or the first one after it at which nothing was broken."""
    return max([at, *(end for begin, end in storms if begin <= at < end)])


def _unwarned(one: Told, broken_at: datetime, storms: Sequence[Storm]) -> Iterator[str]:
    """Of a promise that was broken: it was called at risk in time, where there was time."""
    made, warned = _made(one), one.warned
    due_for = whole(max(made.at_risk_at, one.made.at), storms)
    if made.at_risk_at >= made.due_at or due_for + SOON > min(made.due_at, broken_at):
        return
    if warned is None:
        yield f"promise {one.name} was broken and nobody was warned, due {_t(made.at_risk_at)}"
    elif warned.at > due_for + SOON:
        yield f"the warning of {one.name}, due {_t(made.at_risk_at)}, came {_t(warned.at)}"


def cried_wolf(published: Sequence[Told]) -> Iterator[str]:
    """Warnings that were given before their time, or of what had its verdict."""
    for one in published:
        if one.warned is None:
            continue
        if one.warned.at < _made(one).at_risk_at:
            yield f"promise {one.name} was called at risk at {_t(one.warned.at)}, due {_t(_made(one).at_risk_at)}"
        if one.first is not None and one.first.at < one.warned.at:
            yield f"promise {one.name} was called at risk after its verdict"


def judge(
    published: Sequence[Told], owed: Sequence[Owed], beyond: set[str], storms: Sequence[Storm], now: datetime
) -> list[str]:
    """All of it. `storms`: nothing is asked to be in time in them."""
    return [*wrong(published, owed, beyond, now), *untimely(published, storms, now), *cried_wolf(published)]


def _key(one: Told) -> Key:
    made = _made(one)
    return (made.mrid or "", made.rule.rule_id)


def _made(one: Told) -> PromiseMade:
    made: PromiseMade = one.made.said
    return made


def _t(at: datetime) -> str:
    return f"{at:%d %H:%M:%S}"
