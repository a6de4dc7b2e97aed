"""What the wire's own words mean in English: outage classes, crews, obligations, states. Each complete by its Literal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.contracts.base import CrewStatusKind, OutageClass
from services.policy.vocabulary import Promised

OUTAGE_CLASSES: Mapping[OutageClass, str] = {
    "planned": "planned work",
    "temporary": "work at short notice",
    "fault": "a fault",
    "emergency": "an emergency cut, for safety",
    "curtailment": "load shed by order",
}


class CrewWords(NamedTuple):
    """A crew's state as news, and as what is so."""

    news: str
    now: str


CREW: Mapping[CrewStatusKind, CrewWords] = {
    "awaitingCrewAssignment": CrewWords("No crew yet", "none yet"),
    "assigned": CrewWords("Crew assigned", "assigned, not yet on its way"),
    "enroute": CrewWords("Crew on its way", "on its way"),
    "arrived": CrewWords("Crew arrived", "on site"),
    "fieldComplete": CrewWords("Crew has finished", "has finished on site"),
}


class ObligationWords(NamedTuple):
    """What is promised, how its being kept reads, and how its being broken reads."""

    promised: str
    kept: str
    broken: str


OBLIGATIONS: Mapping[Promised, ObligationWords] = {
    "crew-on-site": ObligationWords("a crew on site", "the crew came", "no crew on site"),
    "restore-supply": ObligationWords("power back", "power came back", "power not back"),
    "fault-done": ObligationWords("the fault done", "the fault was done", "the fault not done"),
    "meter-fault-done": ObligationWords("the meter put right", "the meter was put right", "the meter not put right"),
    "public-told-in-time": ObligationWords("the public told", "the public was told", "the public not told"),
    "key-customers-informed": ObligationWords(
        "key customers told", "key customers were told", "key customers not all told"
    ),
    "done-by-noticed-end": ObligationWords("the work done", "the work was done", "the work not done"),
    "key-customer-notice": ObligationWords("key customers told", "key customers were told", "key customers not told"),
    "answer-complaint": ObligationWords(
        "the complaint answered", "the complaint was answered", "the complaint not answered"
    ),
    "explain": ObligationWords(
        "why power is off explained", "why power is off was explained", "why power is off not explained"
    ),
    "call-back": ObligationWords(
        "the reporter called back", "the reporter was called back", "the reporter not called back"
    ),
    "publish-fulfilment": ObligationWords(
        "the month's statement published", "the statement was published", "the month's statement not published"
    ),
    "expected-time": ObligationWords("the expected time met", "the expected time was met", "the expected time not met"),
    "next-update": ObligationWords(
        "the next word on when power is back", "the next word came", "no next word on when power is back"
    ),
    "first-word": ObligationWords(
        "the customer told that power is off", "the customer was told", "the customer not told that power is off"
    ),
    "next-word": ObligationWords(
        "the customer's next word", "the customer had the next word", "the customer without the next word"
    ),
    "restored-word": ObligationWords(
        "the customer told that power is back", "the customer was told", "the customer not told that power is back"
    ),
    "customer-reached": ObligationWords("a handset with the text", "the text arrived", "no receipt for the text"),
    "second-contact-reached": ObligationWords(
        "the next contact's handset with the text", "the text arrived", "no receipt from the next contact either"
    ),
    "customer-answers": ObligationWords(
        "the customer's answer", "the customer answered", "no answer from the customer"
    ),
    "account-manager-calls": ObligationWords(
        "a call by the account manager", "the customer was spoken with", "no call by the account manager"
    ),
    "operators-call": ObligationWords("a call by operators", "the customer was spoken with", "no call by operators"),
}


CHANNELS: Mapping[str, str] = {
    "board": "on the public board",
    "newspaper": "in the newspaper",
    "poster": "on posters",
}
"""Where the public reads a notice, by channel; a utility may name others."""


def where_read(channel: object) -> str:
    """Where that is, in words."""
    return CHANNELS.get(str(channel), f"by {channel}")


def crew_news(status: CrewStatusKind) -> str:
    """A crew's state as news; one that this version does not know has no name."""
    known = CREW.get(status)
    return known.news if known else "Crew status"


def obligation_words(obligation: object) -> ObligationWords | None:
    """The words of an obligation; None where this version has none."""
    return _BY_NAME.get(str(obligation))


_BY_NAME: Mapping[str, ObligationWords] = dict(OBLIGATIONS.items())


def promised(obligation: object) -> tuple[str, str]:
    """What is promised, and how its being broken reads."""
    known = obligation_words(obligation)
    return (known.promised, known.broken) if known else (str(obligation), f"not done: {obligation}")
