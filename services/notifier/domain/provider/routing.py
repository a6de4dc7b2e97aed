"""Choose which provider carries a text, or say why none does. Pure; the figures are countries.py's.

Chosen before a text is claimed, and anew each time it is known that an attempt created nothing: so a text goes over to another
provider only when it is known unsent.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from schemas.contracts.messages import Trigger
from services.notifier.domain.customer.lanes import SAYS_ON
from services.notifier.domain.provider.countries import Carriage, Countries, Country

# Their place is kept: whoever was told "off" must be able to hear "back", "off again" and "we were wrong".
KEEP_THE_LAST: Final[frozenset[Trigger]] = SAYS_ON | {"reopened", "breach-apology"}
NO_PROVIDER, HAD_ITS_TEXTS, SAID_TOO_OFTEN = "no-provider-there", "number-had-its-texts", "same-words-too-often"
NO_URLS, OUTSIDE_HOURS, NO_SIGNATURE = "no-urls-there", "outside-hours-there", "no-signature-for-it"
BARRED: Final = frozenset({NO_PROVIDER, HAD_ITS_TEXTS, SAID_TOO_OFTEN, NO_URLS, OUTSIDE_HOURS, NO_SIGNATURE})
"""Reasons for which nobody carries a text."""

_URL: Final = re.compile(
    r"(?i)\bhttps?://|\bwww\.|\b[a-z0-9-]+\.(?:com|cn|net|org|io|gov|link|me|uk|example)\b(?:/|\b)"
)
_ASKS: Final = re.compile(r"(?i)回复\s*[“\"'「]?[0-9a-z０-９]|\breply\b|\btext back\b")


@dataclass(frozen=True, slots=True)
class Carrier:
    """A provider that is set up. `signature`: the registered name that it puts before texts, if it has one."""

    name: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that went to the same number in the last 24 hours, or is about to. `provider`: by whom."""

    provider: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedText:
    """What choosing needs to know of a text."""

    message_id: str
    body: str
    trigger: Trigger
    country: str | None
    expires_at: datetime
    sent: Sequence[SentText] = ()
    """Other texts to its number."""


@dataclass(frozen=True, slots=True)
class Route:
    """What was chosen: a provider; or nobody, until `waits_until` or for good. `reason` says why nobody."""

    provider: str | None
    reason: str = ""
    waits_until: datetime | None = None
    invites: bool = False
    """Whether the text may ask for an answer, because this provider brings it to us."""


def choose(
    text: RoutedText, countries: Countries, carriers: Collection[Carrier], stopped: Collection[str], now: datetime
) -> Route:
    """Who carries this text. `stopped`: providers behind an open circuit for its country; they are chosen if all are."""
    country = countries.of(text.country)
    if not country.urls and _URL.search(text.body):
        return Route(None, NO_URLS)
    if (opens := country.opens(now)) > now:
        return Route(None, OUTSIDE_HOURS, opens if opens < text.expires_at else None)
    there = [one for one in carriers if one.name in country.providers]
    if not there:
        return Route(None, NO_PROVIDER)
    barred = {one.name: _barred(text, country.providers[one.name], one) for one in there}
    able = sorted(name for name, reason in barred.items() if reason is None)
    if not able:
        return Route(None, next(reason for reason in barred.values() if reason is not None))
    running = [name for name in able if name not in stopped] or able
    chosen = _drawn(text.message_id, {name: country.providers[name].weight for name in running})
    return Route(chosen, invites=country.invites_answers(chosen))


def may_carry(country: Country, provider: str) -> bool:
    """Whether a provider carries texts to a country at all."""
    return provider in country.providers


def asks_for_an_answer(body: str) -> bool:
    """Whether a text asks its reader to answer it."""
    return _ASKS.search(body) is not None


def _barred(text: RoutedText, rule: Carriage, carrier: Carrier) -> str | None:
    if rule.signature and carrier.signature is None and not text.body.startswith("【"):
        return NO_SIGNATURE
    sent = [one for one in text.sent if one.provider == carrier.name]
    if rule.per_day is not None:
        room = rule.per_day if text.trigger in KEEP_THE_LAST else rule.per_day - 1
        if len(sent) >= room:
            return HAD_ITS_TEXTS
    if rule.identical_per_day is not None and sum(one.body == text.body for one in sent) >= rule.identical_per_day:
        return SAID_TOO_OFTEN
    return None


def _drawn(message_id: str, weights: Mapping[str, int]) -> str:
    """By weight, and the same each time for one text: chosen anew it stays where it is, if that still carries it."""
    whole = sum(weights.values())
    if whole == 0:
        return min(weights)
    left = int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest()) % whole
    for name in sorted(weights):
        left -= weights[name]
        if left < 0:
            return name
    raise AssertionError("weights sum up to the whole")
