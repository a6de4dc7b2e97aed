"""Say what follows for the promises to a customer from one decision about them. Pure."""

from collections.abc import Sequence
from datetime import datetime

from schemas.contracts.audience import CustomerTouched
from services.kernel.model import Message, NewEvent
from services.notifier.domain.customer.conversation import Customer, believe
from services.notifier.domain.customer.evolve import evolve
from services.notifier.domain.customer.owing.balance import balanced, made, published
from services.notifier.domain.customer.owing.beside import beside
from services.notifier.domain.customer.owing.chain import chained, turns
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.customer.owing.state import FIRST_WORD, NEXT_WORD, RESTORED_WORD, SECOND_CONTACT
from services.notifier.domain.customer.owing.wanted import WordOwed, wanted
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.notifier.domain.wording.templates import UtilityVoice


def promised(
    before: Customer,
    after: Customer,
    recorded: Sequence[NewEvent],
    message: Message,
    now: datetime,
    watch: WorkWatch,
    rules: WordRules,
    voice: UtilityVoice,
    regime: str,
) -> Sequence[NewEvent]:
    """Verdicts and new promises, and the texts to the next contacts.

    `recorded`: what else the decision says, by which `before` became `after`.
    """
    if not after.owed.records and not before.owed.records and not _may_owe(after):
        return ()
    heard = known_at(message, after, now)
    owed = wanted(after, heard, now, watch, rules.times)
    said: list[NewEvent] = []
    count, begins = after.owed.made, False
    for word in (
        *balanced(before, after, recorded, owed, heard, now),
        *chained(before, after, recorded, now, rules.times, watch.nights),
    ):
        if isinstance(word, WordOwed):
            count += 1
            begins = begins or word.obligation == SECOND_CONTACT
            said.append(published(after, made(after, word, rules, count)))
        else:
            said.append(published(after, word))
    more = turns(before, after, recorded, begins=begins)
    for event in said:
        after = evolve(after, event.type, event.data)
    return [*said, *beside(after, now, voice, watch, regime, more=more)]


def reviewed(state: Customer, now: datetime, watch: WorkWatch, rules: WordRules) -> Sequence[NewEvent]:
    """What is owed by what was said and heard before, and stands on no ledger: a version before promised nothing of it.

    Counted from when their power last went off, or came back, by our own record; the next word from when the last one was given.
    What was due by now is not promised: nobody could keep it any more.
    """
    if not _may_owe(state):
        return ()
    turned, said = state.turned_at or now, believe(state).said_at or now
    owed = {
        name: wanted(state, min(since, now), now, watch, rules.times).get(name)
        for name, since in ((FIRST_WORD, turned), (NEXT_WORD, said), (RESTORED_WORD, turned))
    }
    unpromised = [
        one for name, one in owed.items() if one is not None and name not in state.owed.records and one.due_at > now
    ]
    return [
        published(state, made(state, one, rules, number)) for number, one in enumerate(unpromised, state.owed.made + 1)
    ]


def _may_owe(state: Customer) -> bool:
    """Whether anything can be owed: an outage is under way, or something was said of one."""
    return bool(state.texts) or bool(state.holding())


def known_at(message: Message, state: Customer, now: datetime) -> datetime:
    """When what is decided upon was known here: a fact's record, or since when its customer is registered; never ahead."""
    data, at = message.data, message.recorded_at or now
    if isinstance(data, CustomerTouched) and data.recorded_at is not None:
        at = data.recorded_at
        if state.profile is not None:
            at = max(at, state.profile.updated_at)
    return min(at, now)
