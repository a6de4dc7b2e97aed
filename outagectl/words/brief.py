"""Texts and obligations in a few words, for tables and lines where a whole sentence has no room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from schemas.contracts.messages import Trigger

TEXTS: Mapping[str, str] = {
    "planned-notice": "planned cut",
    "temporary-notice": "cut at short notice",
    "moved": "planned cut moved",
    "cancelled": "planned cut cancelled",
    "fault": "power off, back about …",
    "fault-time-unknown": "power off, next word by …",
    "ert-changed": "later than we said",
    "ert-overdue": "the time we gave is over, sorry",
    "part-restored": "power back in part",
    "restored": "power back",
    "reopened": "power off again",
    "breach-apology": "sorry: outside the notice",
    "correction": "what we said was wrong",
}
"""What a text says, by its trigger."""
if not TEXTS.keys() >= set(get_args(Trigger)):
    raise AssertionError("words_brief.TEXTS must name every trigger of schemas.contracts.messages")

PROMISED: Mapping[str, tuple[str, str]] = {
    "crew-on-site": ("a crew on site", "no crew on site"),
    "restore-supply": ("power back", "power not back"),
    "fault-done": ("the fault done", "the fault not done"),
    "meter-fault-done": ("the meter put right", "the meter not put right"),
    "public-told-in-time": ("the public told", "the public not told"),
    "key-customers-informed": ("key customers told", "key customers not all told"),
    "done-by-noticed-end": ("the work done", "the work not done"),
    "key-customer-notice": ("key customers told", "key customers not told"),
    "answer-complaint": ("the complaint answered", "the complaint not answered"),
    "call-back": ("the reporter called back", "the reporter not called back"),
}
"""What is promised, and how its being broken reads, by obligation."""


def text_says(trigger: object) -> str:
    """A text's content in a few words."""
    return TEXTS.get(str(trigger), str(trigger))


def promised(obligation: object) -> tuple[str, str]:
    """What is promised, and how its being broken reads."""
    name = str(obligation)
    return PROMISED.get(name, (name, f"not done: {name}"))
