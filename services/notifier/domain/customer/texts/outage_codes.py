"""Give all texts to one customer about one outage the same code, so that whoever calls is found by any of them. Pure.

Where outages overlap for a customer, their texts are one chain, and the code is that of its first text: the person at the
telephone holds one code, whichever of the outages goes on.
"""

from collections.abc import Sequence

from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.wording.reference import outage_code


def code_of(state: Customer, thread: str, lead: str, mrids: Sequence[str]) -> str:
    """The code for the next text of `thread`, which speaks of the outages `mrids` and takes its words from `lead`.

    That of the last text in the thread that spoke of any of them; else of the last text at all that spoke of `lead`, as a
    notice does of work that begins; else a new one, which no text about anything else has.
    """
    about = frozenset((lead, *mrids))
    texts = [text for text in reversed(tuple(state.texts.values())) if text.ref]
    for text in texts:
        if text.meant.thread == thread and not about.isdisjoint(text.mrids):
            return text.ref
    for text in texts:
        if lead in text.mrids:
            return text.ref
    return outage_code(state.customer_id, lead, {text.ref for text in texts})
