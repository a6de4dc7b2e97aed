"""What a conversation remembers of what its customer answered. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from schemas.contracts.messages import CallbackAnswered, ContactOptedIn, ContactOptedOut

KEPT_ANSWERS: Final = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """The state of one customer's answers. Mappings are never changed in place."""

    opted_out: Mapping[str, datetime] = field(default_factory=dict)
    """Contacts that want no texts, since when. What the number itself says is known where texts are sent."""
    opted_in: Mapping[str, datetime] = field(default_factory=dict)
    """Contacts that want texts again, since when: what failed before counts no more."""
    denied: str | None = None
    """The last text of ours that the customer answered: power is not back."""
    asked_at: datetime | None = None
    """When they last asked how it stands; a text that goes to them since then answers it."""
    called_back: Mapping[str, Literal["back", "off"]] = field(default_factory=dict)
    """By the text that told them that power is back: what they said of it."""


NOTHING_HEARD: Final = Heard()


def after_opt_out(heard: Heard, said: ContactOptedOut) -> Heard:
    """After STOP."""
    return replace(heard, opted_out={**heard.opted_out, said.contact_id: said.at})


def after_found_out(heard: Heard, contact_id: str, at: datetime) -> Heard:
    """After a text was not sent, or refused, for its number had said STOP."""
    return replace(heard, opted_out={**heard.opted_out, contact_id: at})


def after_opt_in(heard: Heard, said: ContactOptedIn) -> Heard:
    """After START."""
    out = {contact: at for contact, at in heard.opted_out.items() if contact != said.contact_id}
    return replace(heard, opted_out=out, opted_in={**heard.opted_in, said.contact_id: said.at})


def after_answer(heard: Heard, said: CallbackAnswered) -> Heard:
    """After the answer whether power is back."""
    if said.message_id is None:
        return heard
    answers = {text: power for text, power in heard.called_back.items() if text != said.message_id}
    answers[said.message_id] = said.power
    return replace(heard, called_back=dict(list(answers.items())[-KEPT_ANSWERS:]))


def after_registry(heard: Heard) -> Heard:
    """After a word of the registry: a contact may have another number now, and of the old one it is known where texts are sent."""
    return replace(heard, opted_out={}) if heard.opted_out else heard
