"""Say what an outage is where dispatch has found it to be another thing than our words say: a fault, or work. Pure.

What is so is told while power is off, and what we said is owned up to; after its end nobody is better off for it. A word that
a spoken time, or a time that no longer holds, calls for goes at once and says it, too. That alone is nothing to be woken for:
it waits for the morning (quiet_hours.py), and is not said where by then another word has said it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import OutageClass
from services.notifier.domain.customer.conversation import Belief, DueText, RequestedText

RECLASSIFIED: Final = "reclassified"
IT_IS: Final = "it-is-another-thing"
WORK: Final = frozenset({"planned", "temporary"})
NAMING: Final = frozenset({"fault", "fault-time-unknown", "reopened", "breach-apology"})
"""Triggers whose words say what is the matter; an apology for what we did beyond a notice says that it is work."""
NAMED: Final = frozenset({RECLASSIFIED, "taken-back", "corrected"})
"""Other words that do."""


def told_to_be(lead: CustomerTouched, belief: Belief, heard: Sequence[RequestedText]) -> OutageClass | None:
    """What our words say that the outage is, where dispatch has said since that it is another thing; else None.

    Planned and temporary work are one thing to whoever sits in the dark. `heard`: texts since the customer last had power.
    """
    if lead.reclassified_from is None:
        return None
    of_it = [text for text in heard if lead.mrid in text.mrids]
    named = [text.meant for text in of_it if text.meant.leads == lead.mrid and text.meant.outage_class is not None]
    told: OutageClass | None = None
    if named:
        told = named[-1].outage_class
    elif any(text.meant.leads is None and text.trigger in NAMING for text in of_it):
        # Said by a version before, which did not note it: what it was then is what it was first.
        told = lead.reclassified_from
    elif not of_it and lead.mrid in belief.mrids:
        # The notice is all that they were told.
        told = lead.reclassified_from if lead.reclassified_from in WORK else "planned"
    return None if told is None or _thing(told) == _thing(lead.outage_class) else told


def _thing(outage_class: OutageClass) -> str:
    return "work" if outage_class in WORK else outage_class


def says_what_it_is(saying: DueText) -> bool:
    """Whether a text's words say what the outage is: a fault, or work."""
    if saying.believes != "out":
        return False
    return saying.template in NAMED if saying.template is not None else saying.trigger in NAMING


def as_another_thing(text: DueText, was: OutageClass, due: DueText | None) -> DueText:
    """`text` as one that says what the outage is. `due`: the word that a spoken time calls for anyway."""
    says = f"{text.says} {was}/{text.lead.outage_class}{' due' if due is not None else ''}"
    return replace(text, says=says, was=was, waits=due is None)
