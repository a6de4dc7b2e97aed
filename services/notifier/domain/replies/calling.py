"""Tell whom somebody calls back after a repair, as the service standard asks: is power back, and what do they say of it? Pure.

Source: 第2篇 第十三条(五), 修复后要及时回访,听取意见和建议. Who reported a fault is called back for that report (the restorer's
followup.due); of key customers those whose life or whose patients hang on power, who may have reported nothing: whoever answers a
text of ours need not be called.
"""

from collections.abc import Iterator
from typing import Final

from schemas.contracts.base import OutageClass
from services.notifier.domain.customer.conversation import Customer, RequestedText, believe
from services.notifier.domain.replies.answering import last_told

REPAIRED: Final[frozenset[OutageClass]] = frozenset({"fault", "emergency"})


def calls_back(state: Customer) -> Iterator[RequestedText]:
    """The text that told them that power is back after a repair, and that nobody has answered."""
    profile, told = state.profile, last_told(state)
    if profile is None or told is None or not told.mrids or told.trigger != "restored":
        return
    if not (profile.life_support or profile.importance == "special"):
        return
    known = state.outages.get(told.mrids[0])
    repaired = known is not None and known.outage_class in REPAIRED
    if repaired and believe(state).kind == "back" and told.message_id not in state.heard.called_back:
        yield told
