"""Name the texts that may ask their reader to answer, and with which phrase of the templates they do. Pure."""

from typing import Final

from services.notifier.domain.wording.templates import TemplateBook

PHRASE: Final = "answer"
UNSURE: Final = frozenset({"unconfirmed", "perhaps-back", "denied", "unstable"})
"""Words by which power may be back, or comes and goes: "1" would not tell what its sender knows."""
ASKING: Final = frozenset(
    (
        *("fault", "fault-time-unknown", "ert-changed", "ert-earlier", "ert-overdue", "reopened", "breach-apology"),
        *("taken-back", "corrected", "reclassified", "curtailment", "ert-withdrawn"),
    )
)
"""Texts that say as a fact that power is off."""


def invitation_of(book: TemplateBook) -> str:
    """What ends such a text in this language where its provider brings answers to us."""
    return book.phrases[PHRASE]
