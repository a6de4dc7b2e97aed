"""Import a network model: read what the topic holds, compare, publish what is new or changed, and say at last that it is whole.

There is no table: the compacted topic itself is the record of what was said. An import that was killed half-way is simply run
again, and tells the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.table import Errors
from operations.errors import Refused
from operations.network.on_topic import Progress, heard
from operations.network.planning import (
    NetworkPlan,
    changes,
    compared,
    digest_of,
    edition_word,
    event_of,
    objection,
    too_old,
)
from operations.system.broker import send_all
from operations.system.location import Where
from operations.times import Times
from schemas.contracts.network import ModelRef, NetworkElement
from services.kernel.clock import Clock

Read = Callable[[Errors], Iterator[NetworkElement]]
"""Reads the file from its start; what is wrong goes to the errors."""


@dataclass(frozen=True, slots=True)
class NetworkChoices:
    """How an import is to go. `yes`: more than one element in PRUNE_SHARE may be pruned; `by`: who imports, for the record."""

    dry_run: bool = False
    prune: bool = False
    yes: bool = False
    by: str | None = None


def _nothing(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class ImportWatch:
    """Who sees how far an import is: records of the topic heard, elements read, words due and taken."""

    heard: Progress = _nothing
    reading: Callable[[Iterator[NetworkElement]], Iterator[NetworkElement]] = iter
    due: Callable[[int], None] = _nothing
    sent: Callable[[int], None] = _nothing


async def import_network(
    where: Where,
    clock: Clock,
    read: Read,
    edition: ModelRef,
    choices: NetworkChoices,
    errors: Errors,
    watch: ImportWatch | None = None,
) -> NetworkPlan:
    """Bring in an edition; `read` gives its elements, and is asked twice so that they are never held together.

    A file with errors is refused whole: a network with holes is worse than the one before.

    Raises:
        Away: the broker cannot be reached, or has no such topic.
        FileProblem: the file cannot be read.
        Refused: the edition is older than what the topic has, contradicts it, or too many elements would be pruned.

    """
    watch = watch or ImportWatch()
    held = await heard(where, digest_of, watch.heard)
    if problem := too_old(held, edition, Times(where.zone, where.zone_name)):
        raise Refused(problem)
    plan = compared(held, watch.reading(read(errors)), edition, prune=choices.prune)
    plan.refused = errors.count > 0
    if plan.refused or not plan.elements:
        return plan
    if problem := objection(held, plan, yes=choices.yes):
        raise Refused(problem)
    if choices.dry_run:
        return plan
    watch.due(plan.due)
    if plan.due:
        plan.sent = await send_all(where, map(event_of, changes(held, read(Errors()), plan)), clock, watch.sent)
    # Only once every other word is there for good.
    if plan.sent == plan.due:
        word = edition_word(held, plan, clock.now(), choices.by)
        plan.said_whole = word is not None and await send_all(where, [event_of(word)], clock) == 1
        plan.whole = plan.complete and (word is None or plan.said_whole)
    return plan
