"""Who was told that nobody had reported the beginning of work, though somebody had, by what Kafka had."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.contracts.dispatch import OutageStarted
from tests.chaos.truth import STALE_AFTER, KnownFact, Posted
from tests.sim.judging.storms import short

DENIES: Final = frozenset({"not-begun", "not-done"})


def denied(known: Iterable[KnownFact], texts: Iterable[Posted]) -> Iterator[str]:
    """Texts that say so of work whose start Kafka had for some seconds; one under way cannot be called back."""
    starts = [(one.since, one.fact.mrid) for one in known if isinstance(one.fact, OutageStarted)]
    for text in texts:
        if text.template.rpartition("/")[2] not in DENIES:
            continue
        heard = [since for since, mrid in starts if mrid in text.mrids and since <= text.at - STALE_AFTER]
        if heard:
            yield f"begun: {text.template} to customer {text.customer} at {short(text.at)}, begun as known {short(min(heard))}"
