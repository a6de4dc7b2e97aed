"""Ask for the text to the next contacts where the first gave no receipt, and stop it where it is true no longer. Pure.

Its thread is its own: what the customer believes, and is told next, goes by what was said to the contact before. In it each
contact has a text of their own: none takes the place of another's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from msgspec import structs

from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.messages import MessageRequested
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import (
    Belief,
    Customer,
    DueText,
    RequestedText,
    believe,
    is_claimed,
    is_half_claimed,
    is_perhaps_back,
)
from services.notifier.domain.customer.evolve import evolve
from services.notifier.domain.customer.lanes import WORD_LEAD
from services.notifier.domain.customer.owing.asking import invitation
from services.notifier.domain.customer.owing.chain import next_contacts
from services.notifier.domain.customer.owing.state import BESIDE, SECOND_CONTACT
from services.notifier.domain.customer.reconcile import request, stopped_text
from services.notifier.domain.customer.texts.failed_texts import NextContact
from services.notifier.domain.customer.texts.supply_texts import supply_saying
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.notifier.domain.wording.templates import UtilityVoice


def beside(
    state: Customer, now: datetime, voice: UtilityVoice, watch: WorkWatch, regime: str, *, more: int
) -> Sequence[NewEvent]:
    """What is asked for, or stopped, besides. `more`: so many contacts have their turn with this decision (chain.turns).

    `state`: with all else that the decision says, their step among it.
    """
    under_way = [text for text in state.thread(BESIDE) if text.pending]
    profile = state.profile
    if profile is None or (not more and not under_way):
        return ()
    saying = _saying(state, now, watch)
    if saying is None or SECOND_CONTACT not in state.owed.records:
        why = "no-longer-true" if saying is None else "already-told"
        return [stopped_text(text, state, why, now) for text in under_way]
    stale = [text for text in under_way if text.meant.says != saying.says]
    said = [stopped_text(text, state, "superseded", now) for text in stale]
    contacts = {one.contact_id: one for one in profile.contacts if one.contact_id not in state.untextable}
    due = [text.contact_id for text in stale if text.contact_id in contacts]
    for name in (*due, *next_contacts(state)[:more]):
        asks = invitation(state, profile, saying, watch.times)
        asked = _asked(state, profile, contacts[name], saying, stale, now, voice, regime, asks)
        said += asked
        for event in asked:
            state = evolve(state, event.type, event.data)
    return said


def _asked(
    state: Customer,
    profile: CustomerUpserted,
    contact: Contact,
    saying: DueText,
    stale: Sequence[RequestedText],
    now: datetime,
    voice: UtilityVoice,
    regime: str,
    asks: str | None,
) -> Sequence[NewEvent]:
    """The text to one contact; it takes the place of their own last one. `asks`: what asks for an answer."""
    own = [text for text in state.thread(BESIDE) if text.contact_id == contact.contact_id]
    before = next((text.message_id for text in reversed(own) if text.settled or text in stale), None)
    return [
        replace(event, data=structs.replace(event.data, supersedes=before))
        if isinstance(event.data, MessageRequested)
        else event
        for event in request(state, profile, NextContact(contact), saying, (), now, voice, None, regime, asks)
    ]


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
