"""Hold what the notifier promises of its words to each customer against the texts that a provider took: told, and in time.

Read from its log, and from when texts were taken. Whoever was told that power is off, or back, was promised that word before; a
word that is called kept is a text that went by then and says so; one that is called broken had no such text. None is open
past its time, and none is broken without a warning (verdicts.py). No text was taken before it was asked for, by whatever clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.contracts.messages import MessageAccepted, MessageDelivered
from schemas.contracts.promises import PromiseKept, PromiseMade
from services.notifier.domain.events import TextMeant
from tests.sim.judging.promises.verdicts import cried_wolf, untimely
from tests.sim.judging.storms import Storm, WrongClock, short
from tests.sim.judging.words import Told, Word

FIRST, NEXT, BACK = "first-word", "next-word", "restored-word"
WORDS: Final = frozenset({FIRST, NEXT, BACK})
SUPPLY: Final = "supply"
OFF: Final = frozenset({"out", "supply-lost"})
ON: Final = frozenset({"back", "not-touched"})
READ: Final[Mapping[str, type[Any]]] = {
    "text.meant.v1": TextMeant,
    "message.accepted.v1": MessageAccepted,
    "message.delivered.v1": MessageDelivered,
}


@dataclass(frozen=True, slots=True)
class TakenText:
    """A text that a provider took: when, by whatever word that came to be known; and when it was asked for."""

    at: datetime
    customer: str
    meant: TextMeant
    asked: datetime


def is_to_customer(one: Told) -> bool:
    """Whether it is a promise to one customer; the others are of outages and notices."""
    made: PromiseMade = one.made.said
    return made.customer_id is not None


def taken(log: Iterable[Word]) -> Mapping[str, TakenText]:
    """The texts that a provider took, by id, in the order in which that was heard."""
    meant: dict[str, tuple[TextMeant, datetime]] = {}
    found: dict[str, TakenText] = {}
    for word in log:
        match word.said:
            case TextMeant() as text:
                meant[text.message_id] = (text, word.at)
            case (
                MessageAccepted(message_id=name, customer_id=customer, accepted_at=at)
                | MessageDelivered(message_id=name, customer_id=customer, delivered_at=at)
            ) if name in meant:
                found.setdefault(name, TakenText(at, customer, *meant[name]))
    return found


def judge_words(
    published: Sequence[Told],
    log: Sequence[Word],
    storms: Sequence[Storm],
    now: datetime,
    clocks: Sequence[WrongClock] = (),
    *,
    whole_log: bool = True,
    since: datetime | None = None,
) -> list[str]:
    """All of it. `whole_log`: nothing of what was said was lost. `since`: of texts asked for before nobody had to promise any."""
    own = [one for one in published if is_to_customer(one)]
    dated = [
        one
        for one in own
        if not any(
            clock.may_have_dated(word.at)
            for clock in clocks
            for word in (one.made, *one.warnings.values(), one.first)
            if word
        )
    ]
    texts = taken(log)
    found = [*untimely(dated, storms, now), *cried_wolf(dated), *_unfounded(own, texts)]
    if whole_log:
        young = [text for text in texts.values() if since is None or text.asked >= since]
        found += [*_taken_too_early(young), *_unpromised(own, [*texts.values()], since)]
    return [*found, *(f"promise {one.name} was {what} again" for one in own for what in one.again)]


def _unfounded(published: Iterable[Told], texts: Mapping[str, TakenText]) -> Iterator[str]:
    """Verdicts that the texts do not bear out."""
    of: dict[str, list[TakenText]] = {}
    for text in texts.values():
        of.setdefault(text.customer, []).append(text)
    for one in published:
        made: PromiseMade = one.made.said
        if made.obligation not in WORDS:
            continue
        verdict = one.first.said if one.first is not None else None
        if isinstance(verdict, PromiseKept):
            text = texts.get(verdict.evidence[0]) if verdict.evidence else None
            by_telephone = verdict.reason == "told-by-telephone"
            if not by_telephone and (text is None or text.at > made.due_at or not _fits(made.obligation, text)):
                yield f"promise {one.name} is called kept, and no text says so by {short(made.due_at)}"
        if one.standing == "broken" and made.obligation != NEXT:
            for text in of.get(str(made.customer_id), ()):
                if (
                    made.measured_from < text.at <= made.due_at
                    and one.made.at <= text.at
                    and _fits(made.obligation, text)
                ):
                    yield f"promise {one.name} is broken, and text {text.meant.message_id} went at {short(text.at)}"


def _fits(obligation: str, text: TakenText) -> bool:
    """Whether a text is such a word. That one supply of several is back says that another is lost still."""
    if text.meant.thread != SUPPLY:
        return False
    says = {FIRST: OFF, BACK: ON | {"supply-lost"}}.get(obligation)
    return says is None or text.meant.believes in says


def _taken_too_early(texts: Iterable[TakenText]) -> Iterator[str]:
    for text in texts:
        if text.at < text.asked:
            said = f"is said to have been taken at {short(text.at)}, and was asked for at {short(text.asked)}"
            yield f"text {text.meant.message_id} to {text.customer} {said}"


def _unpromised(published: Iterable[Told], texts: Sequence[TakenText], since: datetime | None) -> Iterator[str]:
    """Texts that were news of power off, or back, and that nobody had promised."""
    promised: dict[tuple[str, str], list[Told]] = {}
    for one in published:
        made: PromiseMade = one.made.said
        promised.setdefault((str(made.customer_id), made.obligation), []).append(one)
    noticed = {(text.customer, text.meant.thread.partition("/")[2]) for text in texts if text.meant.thread != SUPPLY}
    believed: dict[str, str] = {}
    for text in texts:
        if text.meant.thread != SUPPLY:
            continue
        before = believed.get(text.customer, "nothing")
        believed[text.customer] = text.meant.believes
        if since is not None and text.asked < since:
            continue
        # Whoever knew of work knew that power would be off, and until when.
        knew = any(customer == text.customer for customer, _ in noticed)
        # Where power is back and has gone off and on, the word on that is owed to nobody who has not heard that it was off.
        if text.meant.believes == "out" and before not in OFF and not knew and text.meant.steady_minutes is None:
            obligation = FIRST
        elif text.meant.believes in ON and before == "out":
            obligation = BACK
        else:
            continue
        if not any(_is_of(one, text) for one in promised.get((text.customer, obligation), ())):
            yield f"text {text.meant.message_id} to {text.customer} at {short(text.at)}: no {obligation} was promised"


def _is_of(one: Told, text: TakenText) -> bool:
    made: PromiseMade = one.made.said
    verdict = one.first.said if one.first is not None else None
    if verdict is None or made.measured_from > text.at:
        return False
    # What was owed no longer may have been with the provider by then, too late to be stopped.
    is_over = one.standing == "voided" and verdict.at <= text.at
    is_late = one.standing == "broken" and made.due_at <= text.at
    return text.meant.message_id in verdict.evidence or is_late or is_over
