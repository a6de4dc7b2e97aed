"""When a promise is called at risk: at the rule's own time before it is due, then at fractions of all the time there was. Pure.

The [settings.warnings] of a regime file, and `at_risk_before` and `fractions_left` of a rule. `at_risk_before` is the first
warning, as it always was; of the fractions those follow that lie after it. A rule without it is warned of by the fractions alone.

What is left is counted from when the promise is measured, not from when somebody heard of it: so every order in which facts
come ends in the same warnings. Those that have passed by then are one word (services/promises/verdicts.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

FRACTIONS_LEFT: Final = (0.5, 0.1)
"""With half of the time left, and with the last tenth: the product's own, where a regime says nothing."""
MOST_FRACTIONS: Final = 6
NOTHING_NEW: Final = 0.75
"""With more than so much left of what was left at the warning before, another one says nothing new: an hour, then 54 minutes."""


def warnings_at(
    since: datetime, due_at: datetime, fractions: Sequence[float], first_before: timedelta | None = None
) -> tuple[datetime, ...]:
    """The instants of the warnings, the earliest first; at least one, and then none that is not before `due_at`.

    `first_before`: how long before it is due the first one is given; None or nothing: by the fractions. `since`: from when the
    fractions are counted; a promise with less time than `first_before` is at risk from then on.
    """
    at = sorted({due_at - (due_at - since) * fraction for fraction in fractions if since < due_at})
    if first_before:
        at.insert(0, max(min(since, due_at), due_at - first_before))
    chosen = at[:1]
    for one in at[1:]:
        if one < due_at and due_at - one <= NOTHING_NEW * (due_at - chosen[-1]):
            chosen.append(one)
    return tuple(chosen) or (due_at,)
