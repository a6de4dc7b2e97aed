"""Decide which text waits for the morning, until when and why. Pure; the one place that knows.

Quiet hours belong to the text, not to the reader's rank: at night goes only what begins, ends or changes something before the
morning, or so soon after it that whoever must prepare has no time left then. They belong to the customer as far as the
registry's row says who reads a text at night (onDuty).

| the text says | onDuty always, or life support | not said | hours |
|---|---|---|---|
| planned or temporary work that begins, or would have begun, later | waits | waits | waits |
| power is off, back, or never was off, and that is news to them | goes | goes | goes |
| more of what they know: another time, the word promised next | goes | goes | waits |
| how it stands, because they asked just now | goes | goes | goes |
| that the matter has another name, or an apology for what lies back | goes | waits | waits |

Of special and first importance `not said` means always. Figures: the policy's [settings.quiet].

What waits and is overtaken by then is not said: in the morning it is asked again what is so. Work is told by a text that lies
ready until the morning; of what happens at night the morning's own word is made then (text.hushed.v1).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from schemas.contracts.customers import CustomerUpserted, OnDuty
from services.notifier.domain.customer.conversation import SUPPLY, Belief, DueText
from services.notifier.domain.customer.lanes import NEXT_WORD_STEP, WORD_LEAD
from services.notifier.domain.customer.texts.asked_texts import ASKED
from services.policy.quiet import Nights

Why = Literal["later-work", "next-word", "no-change-tonight"]

LATER_WORK: Final = "later-work"
NEXT_WORD: Final = "next-word"
NO_CHANGE: Final = "no-change-tonight"


class Rest(NamedTuple):
    """A text that is not for the night: until when it waits, and why."""

    until: datetime
    why: Why


def rest(saying: DueText, profile: CustomerUpserted, belief: Belief, now: datetime, nights: Nights) -> Rest | None:
    """How long `saying` waits; None where it goes now. `belief`: what the customer takes to be so about their supply."""
    morning = nights.over(now)
    if morning == now:
        return None
    why = _why(saying, profile, belief, morning, nights)
    return Rest(morning, why) if why is not None else None


def _why(saying: DueText, profile: CustomerUpserted, belief: Belief, morning: datetime, nights: Nights) -> Why | None:
    if saying.thread != SUPPLY:
        at = changes_at(saying)
        return LATER_WORK if at is not None and at > nights.prepared(morning) else None
    reads = reads_at_night(profile)
    if saying.reason == ASKED:
        return None
    if reads == "hours" and saying.believes == belief.kind and belief.lost == frozenset(saying.lost):
        return NEXT_WORD
    return NO_CHANGE if saying.waits and reads != "always" else None


def changes_at(saying: DueText) -> datetime | None:
    """When work begins, or would have begun, first by what the text says of a plan; None for texts that are not of a plan."""
    return min((period.start for period in (saying.period, saying.previous) if period is not None), default=None)


def reads_at_night(profile: CustomerUpserted) -> OnDuty | None:
    """Who reads a text at night, by the registry; where it does not say so, and whose life power keeps, by the customer's rank."""
    if profile.life_support:
        return "always"
    if profile.on_duty is not None:
        return profile.on_duty
    return "always" if profile.importance in ("special", "first") else None


def for_the_morning(saying: DueText, profile: CustomerUpserted, nights: Nights) -> DueText:
    """The text as it promises its next word: in the morning to whoever reads none before, so that it keeps what it says."""
    by = saying.next_word_by
    if by is None or saying.thread != SUPPLY or reads_at_night(profile) != "hours":
        return saying
    lead = by - WORD_LEAD
    morning = nights.over(lead)
    if morning == lead:
        return saying
    later = morning + NEXT_WORD_STEP
    return replace(saying, next_word_by=later, useful_until=later if saying.useful_until == by else saying.useful_until)
