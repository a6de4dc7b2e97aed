"""The moments that rules may name: how "the first report" or "the crew on site" reads in the facts. Pure.

What is promised, from when, how long and to whom it applies stands in the policy (policies/*.toml).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from services.policy import Policy, PolicyError
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.episodes import Episode

UNREPORTED: Final = "known-unreported"
"""Dispatch knows of it by itself, by its telecontrol say; a report that comes in time takes the clock over."""
FROM: Mapping[str, Callable[[Episode], Moment | None]] = {
    "first-report": lambda episode: episode.reported,
    UNREPORTED: lambda episode: episode.known,
    "cause-cleared": lambda episode: episode.cleared,
}
TO: Mapping[str, Callable[[Episode], Moment | None]] = {
    "crew-arrived": lambda episode: episode.arrived,
    "supply-restored": lambda episode: episode.ended,
}
SAID: Final[Mapping[str, tuple[str, str]]] = {
    "expected-time": ("expected-time", "supply-restored"),
    "next-update": ("next-update", "word-said"),
}
"""Obligations that lie in what was said of when power is back, and between which moments they are measured (said_times.py)."""
METER_FAULT_DONE: Final = "meter-fault-done"
METER: Final = ("meter-fault-found", "meter-mended")
"""Between which moments of a meter fault a promise is measured that is about the meter alone (meters.py)."""
CALL_BACK: Final = "call-back"
CALLED_BACK: Final = ("restoration-confirmed", "followup-done")
"""Between which moments calls back are measured (called_back.py); of the rate over all reports table followup has the cases."""
OBLIGATIONS = ("fault-done", "restore-supply", "crew-on-site", METER_FAULT_DONE)


def check(policy: Policy) -> None:
    """Make sure that every rule the restorer keeps can be measured.

    Raises:
        PolicyError: a rule measures from or to a moment that the facts do not show; names the rule and what it may say.

    """
    for rule in policy.rules.values():
        if rule.obligation in SAID and (rule.measure_from, rule.measure_to) != SAID[rule.obligation]:
            since, until = SAID[rule.obligation]
            raise PolicyError(
                f"rule {rule.id} of policy {policy.id}: what was said is measured from {since!r} to {until!r}; write these"
            )
        if rule.obligation == CALL_BACK and rule.aggregate == "each":
            if (rule.measure_from, rule.measure_to) != CALLED_BACK or rule.amount is None:
                since, until = CALLED_BACK
                raise PolicyError(
                    f"rule {rule.id} of policy {policy.id}: a call back is promised within an amount, "
                    f"from {since!r} to {until!r}; write these"
                )
            continue
        if rule.obligation == METER_FAULT_DONE and (rule.measure_from, rule.measure_to) == METER:
            continue
        if rule.obligation in OBLIGATIONS and rule.aggregate == "each":
            for name, known in ((rule.measure_from, FROM), (rule.measure_to, TO)):
                if name not in known:
                    raise PolicyError(
                        f"rule {rule.id} of policy {policy.id}: the restorer cannot see {name!r}; "
                        f"write one of {', '.join(sorted(known))}"
                    )
