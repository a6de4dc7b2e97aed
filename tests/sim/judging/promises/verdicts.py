"""Hold the published verdicts against what the facts say: wrongly kept, wrongly broken, none at all, never warned of."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from schemas.contracts import dispatch
from schemas.contracts.promises import PromiseBroken, PromiseKept, PromiseMade
from tests.chaos.merges import merges
from tests.chaos.truth import KnownFact
from tests.sim.judging.promises.figures import Under, by_standard
from tests.sim.judging.promises.owed import LATER, Owed, owed
from tests.sim.judging.promises.spoken import SPOKEN
from tests.sim.judging.storms import SOON, Storm, WrongClock, short, whole
from tests.sim.judging.words import Told

Key = tuple[str, str]


def wrong(published: Sequence[Told], asked: Iterable[Owed], beyond: set[str], now: datetime) -> Iterator[str]:
    """Where what stands published is not what the facts say. Of outages in `beyond` nothing is known."""
    said: dict[Key, list[Told]] = {}
    facts: dict[Key, list[Owed]] = {}
    for one in published:
        said.setdefault(_key(one), []).append(one)
    for due in asked:
        facts.setdefault((due.mrid, due.rule), []).append(due)
    for key in sorted(said.keys() | facts.keys()):
        if key[0] in beyond:
            continue
        mine = Counter((due.due, due.standing(now)) for due in facts.get(key, ()))
        theirs = Counter((_made(one).due_at, one.standing) for one in said.get(key, ()))
        complained = set()
        for (due_at, standing), count in sorted(mine.items()):
            # One that was put elsewhere, or did not bind, may have been made and voided besides.
            if standing != "voided" and theirs[due_at, standing] < count:
                complained.add(due_at)
                others = sorted(how for (at, how), _ in theirs.items() if at == due_at) or ["never made"]
                yield f"promise {key[1]} of {key[0]}, due {short(due_at)}, is {standing} by the facts, and published as {others}"
        for (due_at, standing), count in sorted(theirs.items()):
            if standing != "voided" and mine[due_at, standing] < count and due_at not in complained:
                yield f"promise {key[1]} of {key[0]}, due {short(due_at)}, is published as {standing}; the facts do not say so"


def untimely(published: Sequence[Told], storms: Sequence[Storm], now: datetime) -> Iterator[str]:
    """Verdicts that are missing, before their time or long after it, and warnings that were not given before."""
    for one in published:
        made, first = _made(one), one.first
        if first is None:
            if made.due_at + SOON < now:
                yield f"promise {one.name} was due {short(made.due_at)} and has no verdict"
            continue
        verdict = first.said
        if first.at > whole(max(made.due_at, one.made.at), storms) + SOON:
            yield f"promise {one.name}, due {short(made.due_at)}, got its verdict {short(first.at)}, long after"
        if isinstance(verdict, PromiseKept) and not verdict.at <= made.due_at:
            yield f"promise {one.name} is kept at {short(verdict.at)}, after it was due"
        if not isinstance(verdict, PromiseBroken):
            continue
        if verdict.at == made.due_at and first.at < made.due_at:
            yield f"promise {one.name} was called broken at {short(first.at)}, before it was due {short(made.due_at)}"
        yield from _unwarned(one, first.at, storms)


def _unwarned(one: Told, broken_at: datetime, storms: Sequence[Storm]) -> Iterator[str]:
    """Of a promise that was broken: it was called at risk in time, each time there was time; of two that were due, the later."""
    made = _made(one)
    for number, at in enumerate((made.at_risk_at, *made.warn_again_at), start=1):
        warned = next((word for later, word in sorted(one.warnings.items()) if later >= number), None)
        due_for = whole(max(at, one.made.at), storms)
        if at >= made.due_at or due_for + SOON > min(made.due_at, broken_at):
            continue
        which = "" if not made.warn_again_at else f" {number}"
        if warned is None:
            yield f"promise {one.name} was broken and nobody was warned{which}, due {short(at)}"
        elif warned.at > due_for + SOON:
            yield f"the warning{which} of {one.name}, due {short(at)}, came {short(warned.at)}"


def hasty(
    published: Sequence[Told],
    known: Sequence[KnownFact],
    under: Under = by_standard,
    *,
    by: Callable[[Sequence[Any]], Iterable[Owed]] | None = None,
) -> Iterator[str]:
    """Promises that were called broken first, though Kafka had in time what shows them kept: no deadline beats its answer.

    `by`: who says what facts ask for, where that is not `owed`.
    """
    for one in published:
        made, first = _made(one), one.first
        if first is None or not isinstance(first.said, PromiseBroken) or first.said.unproven:
            continue
        in_time: list[Any] = [each.fact for each in known if each.since <= made.due_at]
        supply = [fact for fact in in_time if isinstance(fact, dispatch.Fact)]
        asked = owed(supply, under)[0] if by is None else [*by(in_time)]
        kept = [due for due in asked if due.standing(made.due_at) == "kept"]
        if (*_key(one), made.due_at) in {(due.mrid, due.rule, due.due) for due in kept}:
            yield f"promise {one.name}, due {short(made.due_at)}, was called broken though Kafka had the fact in time"


def cried_wolf(published: Sequence[Told]) -> Iterator[str]:
    """Warnings that were given before their time, when it was over, or of what had its verdict."""
    for one in published:
        made = _made(one)
        instants = (made.at_risk_at, *made.warn_again_at)
        for number, warned in one.warnings.items():
            at = instants[min(number, len(instants)) - 1]
            if warned.at < at:
                yield f"promise {one.name} was called at risk at {short(warned.at)}, due {short(at)}"
            if made.warn_again_at and warned.at >= made.due_at:
                yield f"promise {one.name} was called at risk at {short(warned.at)}, when it was due"
            if one.first is not None and one.first.at < warned.at:
                yield f"promise {one.name} was called at risk after its verdict"


def without_past(
    published: Sequence[Told], asked: Sequence[Owed], taken_over: datetime | None
) -> tuple[Sequence[Told], Sequence[Owed]]:
    """Without what an older release left unpromised, where one was replaced then: what a later fact asked for may be made."""
    if taken_over is None:
        return published, asked
    return (
        [one for one in published if _made(one).rule.rule_id not in LATER or _made(one).due_at > taken_over],
        [due for due in asked if due.rule not in LATER or due.due > taken_over],
    )


def unmixed(published: Sequence[Told], facts: Iterable[dispatch.Fact]) -> list[Told]:
    """Without times that were said of outages as which others went on: what all of them were told is not weighed here."""
    into = {merge.into for merge in merges(list(facts))[0]}
    return [one for one in published if _made(one).rule.rule_id not in SPOKEN or _made(one).mrid not in into]


def judge(
    published: Sequence[Told],
    asked: Sequence[Owed],
    beyond: set[str],
    storms: Sequence[Storm],
    now: datetime,
    clocks: Sequence[WrongClock] = (),
) -> list[str]:
    """All of it. `storms`: nothing is asked to be in time in them. Of what a wrong clock may have dated no date is judged."""
    dated = [
        one
        for one in published
        if not any(
            clock.may_have_dated(word.at)
            for clock in clocks
            for word in (one.made, *one.warnings.values(), one.first)
            if word
        )
    ]
    found = [*wrong(published, asked, beyond, now), *untimely(dated, storms, now), *cried_wolf(dated)]
    return [*found, *(f"promise {one.name} was {what} again" for one in published for what in one.again)]


def _key(one: Told) -> Key:
    made = _made(one)
    return (made.mrid or made.complaint_id or "", made.rule.rule_id)


def _made(one: Told) -> PromiseMade:
    made: PromiseMade = one.made.said
    return made
