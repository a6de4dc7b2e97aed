"""Limit how many texts one customer gets, and choose what is said instead when there would be too many. Pure.

No limit leaves a false impression standing. Power that goes off and comes back is told as it goes until `talk_turns` changes
were told within `talk_within`; the next "off" is told as "unstable", with the time that supply must keep as it is before the
next word, and then the present truth is said in one text. Other words beyond the limit wait until the window has room, and
what is so by then is said. Whom life support keeps alive hears of every change, further ones merged over the settling time.
A word that was promised is always given: promises lie well apart.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.kernel.model import NewEvent, TimerFired
from services.notifier.domain.customer.conversation import SUPPLY, Customer, DueText, HeldBack, RequestedText, believe
from services.notifier.domain.customer.lanes import WORD_LEAD
from services.notifier.domain.customer.patience.churn import is_never_held
from services.notifier.domain.customer.patience.unsteady import is_flickering, was_told_of, went_and_came
from services.notifier.domain.customer.texts.notice_texts import stamp
from services.notifier.domain.events import TEXT_HUSHED, WATCH_FIRED, TextHushed, WatchFired
from services.policy.model import Telling

ENOUGH: Final = "talked-enough"
HUSH: Final = "hush"
UNSTABLE: Final = "unstable"
UNSTEADY, STEADY_AGAIN = "supply-goes-off-and-on", "steady-again"
IS_BACK, NOT_LOST = "one-supply-is-back", "one-supply-was-not-lost"
OWED: Final = frozenset(
    {
        "next-word-promised",
        "told-time-has-passed",
        "outside-the-notice",
        "said-to-be-back-and-not-proven",
        STEADY_AGAIN,
        # Whoever was told that a supply is lost hears that it is back: only losses that are told are limited.
        IS_BACK,
        NOT_LOST,
    }
)
"""Reasons of words that we owe, however much was said."""
ONCE: Final = 2
"""One cut, off and back, is told as what it is, whatever else was said."""
RESERVED: Final = 9
"""So many of `talk_most` words are kept for changes of supply: the steps of `steady` leave room for no more in one window."""
STEP: Final = 4
"""Each further word that supply is unstable, within the window, asks for so many times as long a calm."""
NEAR: Final = timedelta(hours=1)
"""A word about work that begins this soon does not wait for room."""


def spoken(state: Customer, now: datetime, telling: Telling, thread: str | None = None) -> list[datetime]:
    """When the words of the last `talk_within` went out, or will, oldest first; of one thread or of all."""
    since = now - telling.talk_within
    return sorted(
        text.said_at
        for text in state.texts.values()
        if text.said_at > since
        and (text.settled or (text.pending and thread is None))
        and thread in (None, text.meant.thread)
    )


def turns(state: Customer, now: datetime, telling: Telling) -> int:
    """How often within the window a text told the customer that supply had changed."""
    since, out, found = now - telling.talk_within, False, 0
    for text in state.thread(SUPPLY):
        if not text.settled:
            continue
        dark = text.meant.believes == "out"
        found += dark != out and text.said_at > since
        out = dark
    return found


def last_unstable(state: Customer, *, with_pending: bool = False) -> RequestedText | None:
    """The last word about supply, where it said that supply is unstable; None for whoever hears of every change."""
    if state.profile is None or state.profile.life_support:
        return None
    heard = [text for text in state.thread(SUPPLY) if text.settled or (with_pending and text.pending)]
    return heard[-1] if heard and heard[-1].meant.steady_minutes is not None else None


def calm(text: RequestedText) -> timedelta:
    """How long supply must keep as it is after this word, by the word itself."""
    return timedelta(minutes=text.meant.steady_minutes or 0)


def steady_at(state: Customer, text: RequestedText) -> datetime:
    """When supply will have been as it is for as long as the word said."""
    return (state.turned_at or text.said_at) + calm(text)


def instead(state: Customer, thread: str, saying: DueText | None, now: datetime, telling: Telling) -> DueText | None:
    """The word to say in place of one more "off", or of whatever else is due while supply goes off and on: that it is unstable.

    For whom life support keeps alive the same one, merged.
    """
    if thread != SUPPLY:
        return saying
    if (flickers := _flickers(state, saying, now, telling)) is not None:
        return flickers
    if saying is None or saying.believes != "out" or believe(state).kind == "out":
        return saying
    room = telling.talk_most - RESERVED
    told = turns(state, now, telling)
    # Where much was said of other things the limit is nearer, but a first cut is told as what it is.
    few = told < telling.talk_turns and (told < ONCE or len(spoken(state, now, telling, SUPPLY)) < room)
    if few and not went_and_came(state, now, telling):
        return saying
    if state.profile is not None and state.profile.life_support:
        merged = (state.turned_at or now) + telling.settling
        return replace(saying, earliest=max(saying.earliest or merged, merged))
    return _unstable(state, saying, now, telling)


def _flickers(state: Customer, saying: DueText | None, now: datetime, telling: Telling) -> DueText | None:
    """That supply is unstable, where it has just gone off and come back twice, told or not: once, and whatever else is due."""
    if state.profile is None or state.profile.life_support or not is_flickering(state, now, telling):
        return None
    if last_unstable(state) is not None or was_told_of(state, state.off_ons[0].off_at):
        return None
    if saying is not None:
        return _unstable(state, saying, now, telling)
    known = [one for one in state.outages.values() if one.started_at is not None]
    if not known:
        return None
    lead = max(known, key=lambda one: (one.restored_at or one.at, one.mrid))
    text = DueText(
        thread=SUPPLY,
        trigger="reopened",
        mrids=(lead.mrid,),
        version=lead.outage_version,
        says=UNSTABLE,
        believes="out",
        lead=lead,
        reason=UNSTEADY,
        since=lead.started_at,
    )
    return _unstable(state, text, now, telling)


def _unstable(state: Customer, saying: DueText, now: datetime, telling: Telling) -> DueText:
    since = now - telling.talk_within
    before = sum(
        text.settled and text.meant.steady_minutes is not None and text.said_at > since for text in state.thread(SUPPLY)
    )
    longest = max(telling.talk_within, telling.steady)
    return replace(
        saying,
        trigger="reopened",
        template=UNSTABLE,
        says=f"{UNSTABLE} {stamp(state.turned_at)}",
        believes="out",
        reason=UNSTEADY,
        preliminary=False,
        restored_at=None,
        ert=None,
        told=None,
        next_word_by=None,
        breaches=(),
        confesses=(),
        earliest=None,
        useful_until=None,
        steady=min(telling.steady * STEP**before, longest),
    )


def held_back(state: Customer, saying: DueText, now: datetime, telling: Telling) -> HeldBack | None:
    """Until when this is not said, because enough was; None where it may be said now."""
    until = _until(state, saying, now, telling)
    return HeldBack(saying.says, until) if until is not None and until > now else None


def _until(state: Customer, saying: DueText, now: datetime, telling: Telling) -> datetime | None:
    if saying.thread == SUPPLY:
        shaky = last_unstable(state)
        if shaky is not None:
            return steady_at(state, shaky)
        turn = (saying.believes == "out") != (believe(state).kind == "out")
        late = saying.told is not None and now >= saying.told
        if turn or late or saying.reason in OWED:
            return None
        if is_never_held(state, saying.told, saying.ert):
            # Told at once, as often as the handset has room for it; for others one after the other.
            said = spoken(state, now, telling, SUPPLY)
            return said[-1] + telling.steady if len(said) >= telling.talk_about and not is_never_held(state) else None
    about = spoken(state, now, telling, saying.thread)
    found = [
        _room(about, telling.talk_about, telling),
        _room(spoken(state, now, telling), telling.talk_most - RESERVED, telling),
    ]
    until = max((at for at in found if at is not None), default=None)
    if until is None or saying.thread == SUPPLY:
        return until
    # Whoever goes by what we told of a plan must hear in time that it is not so, and be told in time at all.
    starts = [period.start for period in (saying.period, saying.previous) if period is not None]
    last = min((*starts, *([saying.due_by] if saying.due_by else [])))
    if until <= last - NEAR:
        return until
    paced = about[-1] + telling.steady if about else now
    return min(paced, last - WORD_LEAD)


def _room(times: Sequence[datetime], most: int, telling: Telling) -> datetime | None:
    """When fewer than `most` of these words lie within the window."""
    return times[len(times) - most] + telling.talk_within if len(times) >= most else None


def hushed(state: Customer, saying: DueText, hush: HeldBack) -> Sequence[NewEvent]:
    """What is not said is written down, once for each content and instant."""
    if state.hushed.get(saying.thread) == hush:
        return ()
    data = TextHushed(
        customer_id=state.customer_id,
        thread=saying.thread,
        says=saying.says,
        mrids=saying.mrids,
        until=hush.until,
        reason=hush.why,
    )
    return [NewEvent(TEXT_HUSHED, data)]


def timers(state: Customer) -> dict[str, datetime]:
    """When what was not said is looked at again."""
    return {} if state.profile is None else {f"{HUSH}/{thread}": hush.until for thread, hush in state.hushed.items()}


def fired(state: Customer, timer: TimerFired) -> tuple[Sequence[NewEvent], str]:
    """There is room again: what is so now may be said."""
    if timers(state).get(timer.name) != timer.due_at:
        return (), "timer-outdated"
    fired_ = WatchFired(customer_id=state.customer_id, name=timer.name, due_at=timer.due_at)
    return [NewEvent(WATCH_FIRED, fired_)], "nothing-to-say"
