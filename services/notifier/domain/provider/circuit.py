"""Decide what a fault of the provider's side stops, what becomes of the text, and when it is tried again. Pure.

A circuit is open for the whole account, for the way to the provider, for one sender, or for one country. Texts behind it
wait in their lanes and expire by their own useful moment; no contact is charged with it. One text at a time is let
through as a probe, and the first success closes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from services.notifier.domain.provider.code_rules import CircuitScope, Scope
from services.notifier.domain.provider.port import SendRefused

FoundBy = Literal["answer", "receipt"]

# First pause before a probe, and the longest (real time). A repaired account should not wait long for it; a way that
# comes and goes even less; what a country's rules stop will be stopped for longer (pumping protection: 15 to 30 min).
PAUSES: Final[Mapping[CircuitScope, tuple[timedelta, timedelta]]] = {
    "account": (timedelta(seconds=5), timedelta(seconds=60)),
    "sender": (timedelta(seconds=5), timedelta(seconds=60)),
    "region": (timedelta(seconds=30), timedelta(minutes=10)),
    "network": (timedelta(seconds=1), timedelta(seconds=30)),
}
# Nobody can say whose fault such a failure is: this many different contacts, with no success between, and it is not theirs.
DOUBTED_CONTACTS: Final = 3
DOUBT: Final = timedelta(minutes=5)
# What failed doubtfully is tried once more after this pause (real time), before its contact is given up.
LATER: Final = timedelta(seconds=60)
# Posts in a row that got no answer at all, before the way counts as broken; single ones are the business of the network.
SILENT_IN_A_ROW: Final = 5
SILENT: Final = "no-answer"


@dataclass(frozen=True, slots=True, order=True)
class ProviderFault:
    """What of the provider's side is at fault. `subject`: the sender, or the country; empty for account and network."""

    scope: CircuitScope
    subject: str = ""

    def stops(self, sender: str, country: str | None) -> bool:
        """Whether a text from `sender` to `country` is behind this."""
        if self.scope == "sender":
            return self.subject == sender
        return self.scope != "region" or self.subject == country


@dataclass(frozen=True, slots=True)
class Circuit:
    """An open circuit. Real times, but for `since`, which is domain time and for people."""

    fault: ProviderFault
    reason: str
    found_by: FoundBy
    since: datetime
    faulted_at: datetime
    """When the last attempt that showed the fault began: only one that began later can disprove it."""
    probes: int
    next_probe_at: datetime


@dataclass(frozen=True, slots=True)
class Claimable:
    """What a round may claim: all that is ready, one text as a probe, or nothing; and by country."""

    open: Literal["all", "probe", "none"]
    barred: tuple[str, ...] = ()
    """Countries no text may be claimed for."""
    probes: tuple[str, ...] = ()
    """Those of them that one text may be claimed for. Where `open` is "probe": if no text to another country waits."""


@dataclass(frozen=True, slots=True)
class FailureHistory:
    """What judging a refusal needs to know of what went before."""

    doubts: int = 0
    """Doubtful refusals of this text since the account's circuit was last closed."""
    doubted: frozenset[str] = frozenset()
    """Contacts with doubtful failures within DOUBT, with no success since."""
    open: frozenset[ProviderFault] = frozenset()
    silent: int = 0
    """Posts in a row without an answer, this one included."""


@dataclass(frozen=True, slots=True)
class RefusalHandling:
    """What becomes of a refused text. wait: until the circuit lets it through; again: after the pause asked for; later:
    once more after LATER; over: this contact is given up, the next one's turn. `opens`: the circuit to open.
    """  # noqa: D205 - the first line lists what there is

    text: Literal["wait", "again", "later", "over"]
    reason: str
    opens: ProviderFault | None = None


def next_probe(scope: CircuitScope, probes: int) -> timedelta:
    """The pause after so many probes; it doubles up to the longest."""
    first, longest = PAUSES[scope]
    doubled: timedelta = first * 2 ** min(probes, 20)
    return min(longest, doubled)


def ways(circuits: Iterable[Circuit], sender: str, wall: datetime) -> Claimable:
    """What may be claimed at this real instant; `sender`: whom this process sends from."""
    mine = [one for one in circuits if one.fault.scope != "sender" or one.fault.subject == sender]
    general = [one for one in mine if one.fault.scope != "region"]
    barred = tuple(sorted(one.fault.subject for one in mine if one.fault.scope == "region"))
    if any(one.next_probe_at > wall for one in general):
        return Claimable("none", barred)
    due = {one.fault.subject for one in mine if one.fault.scope == "region" and one.next_probe_at <= wall}
    # Where every customer lives in a barred country, only a text to there can show that the account works again.
    return Claimable("probe" if general else "all", barred, tuple(country for country in barred if country in due))


def fault_of(scope: Scope, *, sender: str, country: str | None) -> ProviderFault | None:
    """The circuit that a fault of this scope opens; None where it opens none by itself."""
    match scope:
        case "account" | "network":
            return ProviderFault(scope)
        case "sender":
            return ProviderFault(scope, sender)
        case "region":
            return ProviderFault(scope, country) if country else None
        case _:
            return None


def judge(
    refused: SendRefused, past: FailureHistory, *, contact_id: str, sender: str, country: str | None
) -> RefusalHandling:
    """What a refusal means for its text and for the provider's circuits. Only contact and message faults are the text's."""
    scope, reason = refused.scope, refused.reason
    if scope in ("contact", "message"):
        return RefusalHandling("over", reason)
    if scope == "throttle":
        return RefusalHandling("again", reason)
    if scope == "network":
        return RefusalHandling("again", reason, ProviderFault("network") if past.silent >= SILENT_IN_A_ROW else None)
    if scope == "doubtful":
        return _doubtful(reason, past, contact_id)
    fault = fault_of(scope, sender=sender, country=country)
    return RefusalHandling("wait" if fault else "later", reason, fault)


def _doubtful(reason: str, past: FailureHistory, contact_id: str) -> RefusalHandling:
    account = ProviderFault("account")
    if account in past.open or doubt_is_ours(past.doubted | {contact_id}):
        return RefusalHandling("wait", reason, account)
    return RefusalHandling("later" if past.doubts == 0 else "over", reason)


def stands_back(verdict: RefusalHandling, scope: Scope, attempt: int) -> timedelta:
    """How long a text whose attempt of this number failed lets others go first (real time).

    Behind a circuit that doubt opened the text itself may be at fault: with it as every probe, none could succeed.
    """
    if verdict.text == "later":
        return LATER
    return LATER * attempt if verdict.text == "wait" and scope == "doubtful" else timedelta(0)


def doubt_is_ours(contacts: frozenset[str]) -> bool:
    """Whether so many contacts failed doubtfully, with no success between, that it is none of theirs."""
    return len(contacts) >= DOUBTED_CONTACTS


def silence(silent: int) -> ProviderFault | None:
    """The circuit that posts without any answer open, `silent` of them in a row."""
    return ProviderFault("network") if silent >= SILENT_IN_A_ROW else None


SCOPES: Final[tuple[CircuitScope, ...]] = get_args(CircuitScope)
