"""Join the catalogues of words into one, for every event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.history.decoding import STRUCTS, decoded
from operations.times import Times
from outagectl.words.catalogue import Words, merged
from outagectl.words.topics.customers import CUSTOMERS
from outagectl.words.topics.dispatch import DISPATCH
from outagectl.words.topics.messages import MESSAGES
from outagectl.words.topics.months import MONTHS
from outagectl.words.topics.network import NETWORK
from outagectl.words.topics.notices import NOTICES
from outagectl.words.topics.promises import PROMISES
from outagectl.words.topics.replies import REPLIES
from outagectl.words.topics.restorations import DOUBTS, RESTORATIONS
from outagectl.words.topics.tasks import TASKS
from schemas.upcast import upcast

WORDS = merged(
    (DISPATCH, NOTICES, RESTORATIONS, PROMISES, NETWORK, CUSTOMERS, MESSAGES, REPLIES, DOUBTS, TASKS, MONTHS)
)
WORDED = frozenset(name for name in STRUCTS if STRUCTS[upcast(name, {})[0]] in WORDS)
"""Types there are words for, be it those of a later version."""


def words_of(event: object) -> Words | None:
    """The words for this kind of event, if there are any."""
    return WORDS.get(type(event))


def sentence(type_name: str, event: object, t: Times) -> str:
    """One event in a sentence; a type this version does not know is named as it is."""
    known = words_of(event)
    return known.history(event, t) if known else f"{type_name} (this version has no words for it)"


def in_words(type_name: str, data: Mapping[str, Any], t: Times) -> str:
    """One event in a sentence, from its data."""
    return sentence(type_name, decoded(type_name, data), t)
