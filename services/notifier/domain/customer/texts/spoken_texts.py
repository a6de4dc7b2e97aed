"""Count what a customer has heard of their supply since they last believed that power was on. Pure."""

from collections.abc import Sequence
from datetime import datetime

from schemas.contracts.audience import CustomerTouched
from services.notifier.domain.customer.conversation import SUPPLY, Belief, Customer, RequestedText
from services.notifier.domain.customer.texts.asked_texts import is_answer


def since_first(state: Customer) -> list[RequestedText]:
    """Texts heard since the customer last believed that power was on."""
    heard: list[RequestedText] = []
    for text in state.thread(SUPPLY):
        if text.settled:
            heard = [*heard, text] if text.meant.believes == "out" else []
    return heard


def changes(state: Customer) -> int:
    """How often a time was changed, or taken back, since then."""
    return sum(text.trigger == "ert-changed" for text in since_first(state)) + max(
        0, sum(text.trigger == "fault-time-unknown" and not is_answer(text) for text in since_first(state)) - 1
    )


def dark_since(state: Customer, outages: Sequence[CustomerTouched], since: datetime) -> datetime | None:
    """Since when they have been without power by our own words, while no text has said that it was back.

    Not where all that was spoken of was over before: then they had power in between, though nobody had told them yet. Nor where
    there was no such outage.
    """
    last = [text for text in state.thread(SUPPLY) if text.settled][-1:]
    if not last or last[0].meant.believes != "out" or last[0].meant.steady_minutes is not None:
        return None
    spoken = [state.outages[mrid] for mrid in last[0].mrids if mrid in state.outages]
    if any(one.no_outage or "start" in one.corrected for one in spoken):
        return None
    holding = {one.mrid for one in outages}
    between = bool(spoken) and all(
        one.mrid not in holding and one.restored_at is not None and one.restored_at < since for one in spoken
    )
    return None if between else last[0].meant.since


def untimed_run(state: Customer) -> int:
    """Texts in a row that could name no time; a time that was named and missed begins a new row: they wait for word."""
    run = 0
    for text in reversed(since_first(state)):
        if is_answer(text):
            continue
        if text.trigger not in ("fault-time-unknown", "ert-overdue"):
            break
        run += 1
        if text.trigger == "ert-overdue":
            break
    return run


def untimed_told(state: Customer) -> int:
    """Texts that could name no time since then."""
    return sum(text.trigger in ("fault-time-unknown", "ert-overdue") for text in since_first(state))


def unsure_told(state: Customer) -> int:
    """Texts that named a time of which dispatch was not sure, since then."""
    return sum(text.meant.ert is not None and text.meant.next_word_by is not None for text in since_first(state))


def was_untrue(belief: Belief, since: datetime, *, told: bool) -> bool:
    """Whether the customer was told that power was back, or never off, at an instant at which it was off."""
    if belief.kind == "back":
        return belief.restored_at is not None and since < belief.restored_at
    return belief.kind == "not-touched" and told and belief.said_at is not None and since < belief.said_at
