"""Say whose text a reply answers: a number may be that of nobody, of one customer, or of twenty. Pure.

A code of ours names the customer. Without one, it is what was said to that number that tells: "no power" answers whoever was told
that it is back, and of each outage the one who was told last; where several were told, a person finds out which of them it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from schemas.contracts.messages import Trigger
from services.notifier.domain.customer.lanes import NOTICES, RESTORED_STALE, SAYS_OFF
from services.notifier.domain.replies.understanding import Understood

BACK: Final[frozenset[Trigger]] = frozenset({"restored", "part-restored"})
MOST_OUTAGES: Final = 3
"""Of so many outages dispatch is asked at once."""
MOST_CUSTOMERS: Final = 100

BY_CODE, BY_WORDS, OF_ALL, OF_ONE = (
    "by-its-code",
    "by-what-was-said-to-it",
    "of-all-with-this-number",
    "of-the-one-with-it",
)
UNKNOWN_SENDER: Final = "unknown-sender"
UNKNOWN_CODE: Final = "names-a-code-that-was-not-sent-to-it"
WHICH_SITE: Final = "does-not-say-which-site"
NO_OUTAGE: Final = "says-off-and-nothing-is-known"
NOTHING_SENT: Final = "answers-no-text-of-a-day"
IN_WORDS: Final = "in-words"
NO_WORDS: Final = "no-words"
OF_THE_PROVIDER: Final = "answered-by-the-provider"


class HandsetContact(NamedTuple):
    """Somebody's contact with this number."""

    customer_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class HeldText:
    """A text of ours that went to this number."""

    customer_id: str
    contact_id: str
    code: str
    mrids: tuple[str, ...]
    trigger: Trigger
    at: datetime


@dataclass(frozen=True, slots=True)
class HandsetFacts:
    """Who has this number, and what went to it, the latest first."""

    contacts: tuple[HandsetContact, ...] = ()
    texts: tuple[HeldText, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """The codes that its owner was given."""
        return frozenset(text.code for text in self.texts)


class Addressee(NamedTuple):
    """Whose conversation it goes to. `about`: the outages of the text that bears its code."""

    customer_id: str
    contact_id: str
    about: tuple[str, ...] = ()


class Addressing(NamedTuple):
    """Whom a reply goes to and why; and why, and for whom, a person must read it, where one must."""

    to: tuple[Addressee, ...]
    reason: str
    to_read: str | None = None
    readers: tuple[Addressee, ...] = ()


def address(said: Understood, facts: HandsetFacts, at: datetime) -> Addressing:
    """Whom a text that came in at `at` answers."""
    everybody = tuple(Addressee(*one) for one in facts.contacts[:MOST_CUSTOMERS])
    if said.meaning in ("stop", "start"):
        return Addressing(everybody, OF_ALL if everybody else UNKNOWN_SENDER)
    if said.meaning == "help":
        return Addressing((), OF_THE_PROVIDER)
    if not everybody:
        # Somebody who writes "ok" or "thanks" to a number that they do not know wants nothing.
        return Addressing((), UNKNOWN_SENDER, None if said.meaning in ("confirms", "says-on") else UNKNOWN_SENDER)
    if said.code is not None:
        return _by_code(said, facts)
    recent = [text for text in facts.texts if text.at > at - RESTORED_STALE]
    if said.meaning == "other":
        why = UNKNOWN_CODE if said.is_strange else IN_WORDS
        return Addressing((), why, why, _likely(everybody, recent or facts.texts))
    if said.meaning == "confirms":
        to = _each(recent)
        return Addressing(to, BY_WORDS if to else NOTHING_SENT)
    if said.meaning == "says-off":
        return _of_supply_that_is_off(everybody, facts.texts, recent)
    return _of_supply(said, everybody, recent or list(facts.texts))


def _by_code(said: Understood, facts: HandsetFacts) -> Addressing:
    named: dict[HandsetContact, Addressee] = {}
    for text in facts.texts:
        if text.code == said.code:
            who = HandsetContact(text.customer_id, text.contact_id)
            named.setdefault(who, Addressee(*who, text.mrids))
    to = tuple(named.values())
    return Addressing((), BY_CODE, IN_WORDS, to) if said.meaning == "other" else Addressing(to, BY_CODE)


def _of_supply_that_is_off(
    everybody: Sequence[Addressee], texts: Sequence[HeldText], recent: Sequence[HeldText]
) -> Addressing:
    """Whoever was told that it is back is meant, else whoever was told that it is off; else nobody knows of an outage there."""
    last = list(_last_of_supply(recent))
    back = [text for text in last if text.trigger in BACK]
    if back:
        # One outage once, by whoever was told of it last: dispatch looks at all that it had taken.
        by_outage = {text.mrids[0] if text.mrids else "": text for text in reversed(back)}
        meant = sorted(by_outage.values(), key=lambda text: text.at, reverse=True)[:MOST_OUTAGES]
        several = len(last) > 1
        readers = tuple(Addressee(text.customer_id, text.contact_id, text.mrids) for text in last) if several else ()
        return Addressing(_each(meant), BY_WORDS, WHICH_SITE if several else None, readers)
    dark = [text for text in _last_of_supply(texts) if text.trigger in SAYS_OFF]
    if dark:
        return Addressing(_each(dark[:1]), BY_WORDS)
    return Addressing((), NO_OUTAGE, NO_OUTAGE, _likely(everybody, texts))


def _of_supply(said: Understood, everybody: Sequence[Addressee], texts: Sequence[HeldText]) -> Addressing:
    """That it is back, or when it will be: by what was said of it last; of one outage all who heard of it, where it is back."""
    told = list(_last_of_supply(texts))
    if not told:
        if said.meaning == "says-on":
            return Addressing((), NOTHING_SENT)
        return Addressing((), NOTHING_SENT, IN_WORDS, _likely(everybody, texts))
    if said.meaning == "asks":
        return Addressing(_each(told[:1]), BY_WORDS)
    return Addressing(_each(text for text in told if text.mrids == told[0].mrids), BY_WORDS)


def _last_of_supply(texts: Iterable[HeldText]) -> Iterable[HeldText]:
    """Of each customer the last word of whether there is power, the latest first."""
    seen: set[str] = set()
    for text in texts:
        if text.trigger not in NOTICES and text.customer_id not in seen:
            seen.add(text.customer_id)
            yield text


def _each(texts: Iterable[HeldText]) -> tuple[Addressee, ...]:
    """Each customer once."""
    who = dict.fromkeys(HandsetContact(text.customer_id, text.contact_id) for text in texts)
    return tuple(Addressee(*one) for one in who)[:MOST_CUSTOMERS]


def _likely(everybody: Sequence[Addressee], texts: Sequence[HeldText]) -> tuple[Addressee, ...]:
    """For whom a person reads it: all who were told of the outage that was spoken of last; else all with this number."""
    if not texts:
        return tuple(everybody)
    last = texts[0]
    told = dict.fromkeys((text.customer_id, text.contact_id) for text in texts if text.mrids == last.mrids)
    return tuple(Addressee(*who, last.mrids) for who in told)[:MOST_CUSTOMERS]
