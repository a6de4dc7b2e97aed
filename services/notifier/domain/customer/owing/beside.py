"""Ask for the text to the next contact where the first gave no receipt, and stop it where it is true no longer. Pure.

Its thread is its own: what the customer believes, and is told next, goes by what was said to the contact before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import (
    Belief,
    Customer,
    DueText,
    believe,
    is_claimed,
    is_half_claimed,
    is_perhaps_back,
)
from services.notifier.domain.customer.lanes import WORD_LEAD
from services.notifier.domain.customer.owing.chain import next_contact
from services.notifier.domain.customer.owing.state import BESIDE, SECOND_CONTACT
from services.notifier.domain.customer.reconcile import request, stopped_text
from services.notifier.domain.customer.texts.failed_texts import NextContact
from services.notifier.domain.customer.texts.supply_texts import supply_saying
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.notifier.domain.wording.templates import UtilityVoice


def beside(
    state: Customer, now: datetime, voice: UtilityVoice, watch: WorkWatch, regime: str, *, begins: bool
) -> Sequence[NewEvent]:
    """What is asked for, or stopped, besides. `begins`: the step to the next contact begins with this decision."""
    under_way = [text for text in state.thread(BESIDE) if text.pending]
    if not begins and not under_way:
        return ()
    saying = _saying(state, now, watch) if begins or state.owed.open(SECOND_CONTACT) is not None else None
    if saying is not None and any(text.meant.says == saying.says for text in under_way):
        return ()
    stopped = [stopped_text(text, state, "superseded" if saying else "no-longer-true", now) for text in under_way]
    name = under_way[-1].contact_id if under_way else next_contact(state)
    contact = next((one for one in state.profile.contacts if one.contact_id == name), None) if state.profile else None
    if saying is None or contact is None or state.profile is None:
        return stopped
    asked = request(state, state.profile, NextContact(contact), saying, under_way, now, voice, None, regime)
    return [*stopped, *asked]


def _saying(state: Customer, now: datetime, watch: WorkWatch) -> DueText | None:
    """That power is off, as it is said to whoever has heard nothing, with the next word as the first contact was promised it."""
    if not state.plight().off or is_claimed(state) or is_half_claimed(state) or is_perhaps_back(state):
        return None
    saying = supply_saying(replace(state, texts={}), Belief(), now, watch.telling)
    if saying is None or saying.believes != "out":
        return None
    promised = believe(state).next_word_by
    if saying.next_word_by is not None and promised is not None and promised - WORD_LEAD > now:
        until = promised if saying.useful_until == saying.next_word_by else saying.useful_until
        saying = replace(saying, next_word_by=promised, useful_until=until)
    return replace(saying, thread=BESIDE, says=f"beside {saying.says}", reason="no-receipt")
