"""Say which breaches of a notice are worth an apology, and which wakes nobody. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from schemas.contracts.audience import CustomerTouched
from services.notifier.domain.customer.conversation import Belief, overran_at
from services.policy.model import Telling

OVERRAN: Final = "overran"
SPOKEN: Final = frozenset({"started-without-notice", "started-early", "wider-than-noticed", OVERRAN})


def breaches_to_own(outages: Sequence[CustomerTouched], now: datetime, telling: Telling) -> set[str]:
    """Breaches that are worth an apology now: an overrun is none before "about" has passed beyond the noticed end.

    Kinds that this version has no words for (the contract names them freely) are passed over: a customer is told the rest.
    """
    found = {f"{one.mrid}/{kind}" for one in outages for kind in one.breaches if kind in SPOKEN and kind != OVERRAN}
    for one in outages:
        at = overran_at(one, telling.about)
        if at is not None and now >= at:
            found.add(f"{one.mrid}/{OVERRAN}")
    return found


def beyond_notice(outages: Sequence[CustomerTouched], told: datetime) -> tuple[str, ...]:
    """Overruns that an apology for a missed time covers: nobody is apologised to twice for one evening."""
    return tuple(
        f"{one.mrid}/{OVERRAN}" for one in outages if one.planned_period is not None and told >= one.planned_period.end
    )


def is_found_out(outages: Sequence[CustomerTouched], belief: Belief, breaches: Sequence[str]) -> bool:
    """Whether all these breaches lie back, of outages that the reader knows and dispatch called something else first."""
    known = {one.mrid for one in outages if one.reclassified_from is not None and one.mrid in belief.mrids}
    told = [one.rpartition("/") for one in breaches]
    return belief.kind == "out" and all(mrid in known and kind != OVERRAN for mrid, _, kind in told)
