"""Drop what a conversation need not know any more: outages that are over, and what was said of them. Pure.

A key customer is a customer for decades, and each word costs a look at all that the conversation knows. What is over goes:
the log has it, and `outagectl show`, `explain` and `evidence` read texts from there and from the sender's table. Of an
outage that has gone only the number of its last word stays, so that an older word is still known to be older.

What goes follows from the conversation alone, never from the day on which somebody asks: a replay forgets the same.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from schemas.contracts.audience import CustomerTouched
from services.concerned.matching import MOST_NAMED, CustomerExtent
from services.notifier.domain.customer.conversation import DARK, SUPPLY, Customer, PastOutage, RequestedText
from services.notifier.domain.customer.merged_outages import forgotten

KEPT_OUTAGES: Final = 20
"""So many outages that are over stay, the latest: a correction that comes late still finds what it corrects."""
KEPT_TEXTS: Final = 20
"""So many texts stay whatever they were about: a receipt, or a second one, comes within them."""
AWAITED_TEXTS: Final = 50
"""So many texts may lie between one that was taken and its receipt."""
KEPT_UNSAYABLE: Final = 50
"""So many contents are known for which somebody was called."""
SLACK: Final = 10
"""So many more may pile up before they go together: going through all of them for each word is what this is against."""
NEVER_BEGUN: Final = timedelta(days=30)
"""Work that was noticed and of which nothing was heard so long after its end is over."""


def slim(word: CustomerTouched) -> CustomerTouched:
    """The word without the places that do not concern this customer: those of older versions carried the whole extent."""
    extent = word.extent
    named = len(extent.lines) + len(extent.areas) + len(extent.transformers) + len(extent.usage_points)
    if named <= MOST_NAMED + 2:
        return word
    matched = word.matched_by[:MOST_NAMED]
    return structs.replace(word, extent=CustomerExtent(word.extent).of(matched), matched_by=matched)


def is_past(state: Customer, word: CustomerTouched) -> bool:
    """Whether an outage that the conversation has forgotten had this word, or a later one."""
    known = state.past.ceiling(PastOutage(word.mrid, 0))
    return known is not None and known.mrid == word.mrid and word.outage_version <= known.version


def retire(state: Customer) -> Customer:
    """The conversation without what is over; the same one as long as little is."""
    if len(state.outages) > KEPT_OUTAGES + SLACK:
        state = _without_outages(state)
    if len(state.texts) > KEPT_TEXTS + SLACK + state.texts_needed:
        state = _without_texts(state)
    return state


def _without_outages(state: Customer) -> Customer:
    spoken = {mrid for text in state.texts.values() if text.pending for mrid in text.mrids}
    heard = [text for text in state.thread(SUPPLY) if text.settled][-1:]
    spoken.update(mrid for text in heard for mrid in text.mrids)
    latest = max(one.at for one in state.outages.values())
    over = [one for one in state.outages.values() if one.mrid not in spoken and _is_over(one, latest)]
    gone = {one.mrid: one.outage_version for one in sorted(over, key=lambda one: (one.at, one.mrid))[:-KEPT_OUTAGES]}
    if not gone:
        return state
    past = state.past
    for mrid, version in gone.items():
        past = forgotten(past, PastOutage(mrid, version))
    return replace(
        state,
        outages={mrid: one for mrid, one in state.outages.items() if mrid not in gone},
        past=past,
        looked={mrid: at for mrid, at in state.looked.items() if mrid not in gone},
        texts_needed=0,
    )


def _is_over(word: CustomerTouched, latest: datetime) -> bool:
    if not word.touched or word.status not in (*DARK, "noticed"):
        return True
    return (
        word.status == "noticed" and word.planned_period is not None and word.planned_period.end + NEVER_BEGUN < latest
    )


def _without_texts(state: Customer) -> Customer:
    """Texts of outages that are known stay, those under way, and the last of all."""
    texts = list(state.texts.values())
    # As many words that reached the customer stay as any limit of talk_limits.py counts, whatever was never sent between them.
    heard = {text.message_id for text in [text for text in texts if text.settled][-KEPT_TEXTS:]}
    kept = {
        text.message_id: text
        for number, text in enumerate(reversed(texts))
        if _is_needed(text, state.outages)
        or number < KEPT_TEXTS
        or text.message_id in heard
        or (text.state == "accepted" and number < AWAITED_TEXTS)
    }
    needed = {text.message_id: text for text in texts if text.message_id in kept}
    return replace(state, texts=needed, texts_needed=len(needed))


def _is_needed(text: RequestedText, outages: Collection[str]) -> bool:
    return text.pending or any(mrid in outages for mrid in text.mrids)
