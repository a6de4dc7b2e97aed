"""Let one outage take the place of another in a conversation: what was said of the one was said of the other. Pure.

A merged outage holds its customers until the one that goes on has spoken to them, whatever that says: between the two nobody is
taken to have power, and no text is stopped that is still true.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.kernel.values.sortedset import SortedSet
from services.notifier.domain.customer.conversation import Customer, PastOutage

KEPT_MERGED: Final = 50
"""Of so many outages it is known as which they went on, the latest: their last words come within seconds."""


def survivor(merged: Mapping[str, str], mrid: str) -> str:
    """As which outage one goes on, as far as the conversation knows."""
    while mrid in merged:
        mrid = merged[mrid]
    return mrid


def united(state: Customer) -> Customer:
    """The conversation without outages that go on as one which has spoken to this customer; the same one where there is none."""
    found = {mrid: one for mrid, one in state.outages.items() if one.merged_into is not None}
    goes_on = {mrid: survivor(state.merged, one.merged_into or mrid) for mrid, one in found.items()}
    goes_on = {mrid: into for mrid, into in goes_on.items() if into != mrid and into in state.outages}
    if not goes_on:
        return state
    merged = dict([*state.merged.items(), *goes_on.items()][-KEPT_MERGED:])
    texts = {
        name: replace(text, mrids=tuple(dict.fromkeys(survivor(goes_on, mrid) for mrid in text.mrids)))
        if any(mrid in goes_on for mrid in text.mrids)
        else text
        for name, text in state.texts.items()
    }
    past = state.past
    for mrid in goes_on:
        past = forgotten(past, PastOutage(mrid, found[mrid].outage_version))
    outages = {mrid: one for mrid, one in state.outages.items() if mrid not in goes_on}
    return replace(state, outages=outages, texts=texts, past=past, merged=merged)


def forgotten(past: SortedSet[PastOutage], gone: PastOutage) -> SortedSet[PastOutage]:
    """The outages that are known no more, with one more of them."""
    known = past.ceiling(PastOutage(gone.mrid, 0))
    if known is not None and known.mrid == gone.mrid:
        past = past.discard(known)
    return past.add(gone)
