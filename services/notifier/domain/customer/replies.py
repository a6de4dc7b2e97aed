"""Understand a customer's answer to a text: who says that power is not back is heard at once, as a question to dispatch. Pure.

It need not be understood well: a text that is taken for "still no power" and is none costs dispatch one look, and one that is
passed over leaves somebody in the dark. Where texts cannot be answered (+86) the call centre's reports say the same.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.evidence import replies
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.receipts import InboundReceived
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import SUPPLY, Customer, believe
from services.notifier.domain.customer.lanes import RESTORED_STALE
from services.notifier.domain.matching import places_of
from services.notifier.domain.supplies import hit_by, several

NOTED: Final = "inbound-text-noted"
SAYS_OFF: Final = "customer-says-off"
SAID_BEFORE: Final = "denied-before"
MOST_OUTAGES: Final = 3
_OFF: Final = re.compile(
    r"没有?电|沒有?電|无电|無電|断电|斷電|没来电|沒來電|未来电|未來電|没恢复|未恢复|没有恢复|停着电|还停|仍停|停电|停電"
    r"|\bno (power|electric|electricity|light|lights|supply)\b|\bwithout (power|electricity|supply)\b"
    r"|\bnot (back|restored|working)\b"
    r"|\bstill (off|out|dark|no)\b|\bpower('s| is)? (still )?(off|out)\b|^(off|out|no)[.! ]*$"
)
_ON: Final = re.compile(
    r"不停电|没停电|没有停电|有电了|来电了|恢复了|不再停电|\bpower('s| is)? (back|on)\b|\bis back\b|\bthank"
)


def says_off(body: str) -> bool:
    """Whether a text says that there is no power."""
    text = " ".join(unicodedata.normalize("NFKC", body).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower().split())
    # "Did not come back" has "come back" in it, "not off any more" has "off": of words for either the first counts.
    off, on = _OFF.search(text), _ON.search(text)
    return off is not None and (on is None or off.start() < on.start())


def denied(state: Customer, text: InboundReceived) -> tuple[Sequence[NewEvent], str]:
    """What follows from a text that says so: whoever was told that power is back, and did not deny it yet, is heard."""
    belief, profile = believe(state), state.profile
    told = last_told(state)
    late = belief.said_at is None or text.received_at - belief.said_at > RESTORED_STALE
    if profile is None or belief.kind != "back" or told is None or late or not says_off(text.body):
        return (), NOTED
    if state.denied == told:
        return (), SAID_BEFORE
    words = [
        SupplyDenied(
            mrid=mrid,
            customer_id=state.customer_id,
            said_at=text.received_at,
            restored_at=belief.restored_at,
            extent=_where(profile, state.outages.get(mrid)),
        )
        for mrid in sorted(belief.mrids)[:MOST_OUTAGES]
    ]
    return [NewEvent("supply.denied.v1", word, topic=replies.TOPIC, key=word.mrid) for word in words], SAYS_OFF


def last_told(state: Customer) -> str | None:
    """The text that made them believe what they do."""
    settled = [text.message_id for text in state.thread(SUPPLY) if text.settled]
    return settled[-1] if settled else None


def _where(profile: CustomerUpserted, known: CustomerTouched | None) -> Extent:
    """Where they take power; of several supplies those that the outage had taken."""
    if known is None or not several(profile):
        return places_of(profile)
    taken = [one for one in profile.supplies if one.id in hit_by(profile, known)]
    if not taken:
        return places_of(profile)
    return Extent(
        lines=tuple(one.line for one in taken if one.line),
        transformers=tuple(one.transformer for one in taken if one.transformer),
        usage_points=tuple(one.usage_point for one in taken if one.usage_point),
    )
