"""What each text owes its reader: an apology and how strong a one, a time, and that lines are live. Pure.

Source: the service standard, 第1篇 3.4.2, 4.2.4 (立即赔礼道歉 for our own errors), 第7篇 6.8, 6.9. A text that is not named
here owes what most do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Apology = Literal["none", "plain", "strong"]
_NEXT: Final = ("ert", "expected", "outlook", "by")


@dataclass(frozen=True, slots=True)
class Owed:
    """`has`: what its occasion knows, beside what there always is; a text that speaks of anything else could not be sent.

    `times`: it says one of these fields at least; none where it is about no time. `live`: it says that lines are live.
    """

    has: tuple[str, ...] = ("since", "ert", "by")
    apology: Apology = "plain"
    times: tuple[str, ...] = _NEXT
    live: bool = True


MOST: Final = Owed()
_NOTICE: Final = Owed(("period",), times=("period", "start"))
_TIMED, _UNTIMED, _EITHER = ("since", "ert"), ("since", "by"), ("since", "ert", "by")
_BACK: Final = Owed(("since", "restored"), times=("restored",), live=False)
OWED: Final[Mapping[str, Owed]] = {
    "planned-notice": _NOTICE,
    "temporary-notice": _NOTICE,
    "curtailment": _NOTICE,
    "reminder": _NOTICE,
    "not-begun": Owed(("period",), times=("period",)),
    "not-done": Owed(("previous",), times=("previous",), live=False),
    "moved": Owed(("period", "previous"), times=("period",), live=False),
    "cancelled": Owed(("previous",), times=("previous",), live=False),
    "fault": Owed(_TIMED),
    "fault-time-unknown": Owed(_UNTIMED),
    # Better news than we gave: nothing was done wrong.
    "ert-earlier": Owed((*_TIMED, "told")),
    # Of our own error from here: our word was wrong, or not kept, or our work went beyond it.
    "ert-changed": Owed((*_TIMED, "told"), "strong"),
    "ert-overdue": Owed((*_UNTIMED, "told"), "strong"),
    "ert-withdrawn": Owed((*_UNTIMED, "told"), "strong"),
    "reopened": Owed(_EITHER, "strong"),
    "breach-apology": Owed((*_EITHER, "breach"), "strong"),
    "taken-back": Owed(_EITHER, "strong"),
    "corrected": Owed(_EITHER, "strong"),
    "reclassified": Owed((*_EITHER, "breach", "was"), "strong"),
    "denied": Owed((*_UNTIMED, "told"), "strong"),
    "correction": Owed(("since",), "strong", ("since",), live=False),
    "withdrawn": Owed(("since", "said"), "strong", ("said",), live=False),
    "supply-corrected": Owed(("since",), "strong", (), live=False),
    "part-restored": _BACK,
    "restored": _BACK,
    # Nothing is amiss with what we said: somebody else's word is being checked.
    "unconfirmed": Owed(_UNTIMED, "none"),
    "perhaps-back": Owed(_UNTIMED, "none"),
    "unstable": Owed(("since", "steady"), times=("steady",)),
    "supply-lost": Owed(("since", "told"), times=("since",)),
    "one-still-lost": Owed(("since", "restored"), times=("restored",)),
    "supply-back": _BACK,
}
