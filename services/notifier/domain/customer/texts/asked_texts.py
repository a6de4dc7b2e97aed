"""Say once more how it stands to whoever knows that power is off and asked: the present truth, and no new promise. Pure."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from services.notifier.domain.customer.conversation import SUPPLY, Belief, Customer, DueText, RequestedText

ASKED: Final = "customer-asked"
"""The reason of such a text; its content's name has it too."""


def asked_since(state: Customer) -> datetime | None:
    """When they asked, if no text about their supply has gone to them since."""
    asked, told = state.heard.asked_at, [text for text in state.thread(SUPPLY) if text.settled]
    return None if asked is None or (told and told[-1].said_at >= asked) else asked


def as_answer(text: DueText, belief: Belief, asked: datetime) -> DueText:
    """The text as an answer: what was promised stands, whoever asks is not put off by it."""
    if text.ert is None and belief.next_word_by is not None:
        text = replace(text, next_word_by=belief.next_word_by, useful_until=belief.next_word_by)
    return replace(text, says=f"{text.says} {ASKED} {asked.astimezone(UTC).isoformat()}")


def is_answer(text: RequestedText) -> bool:
    """Whether a text only answered a question: it gives no new word, and the next one is due as before."""
    return f" {ASKED} " in text.meant.says
