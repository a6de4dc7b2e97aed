"""Choose the text about the supply that is due, from what the customer believes and what is so. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import OutageClass
from schemas.contracts.messages import Trigger
from services.concerned.supplies import Plight, is_said_back
from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Belief,
    Customer,
    DueText,
    believe,
    confessed,
    is_claimed,
    is_perhaps_back,
    spoken_of,
)
from services.notifier.domain.customer.lanes import CHURN_CAP, CHURN_PAUSE, RESTORED_STALE, next_word
from services.notifier.domain.customer.patience.churn import is_never_held
from services.notifier.domain.customer.talk_limits import STEADY_AGAIN, last_unstable
from services.notifier.domain.customer.texts.asked_texts import ASKED, as_answer, asked_since
from services.notifier.domain.customer.texts.breach_texts import beyond_notice, breaches_to_own, is_found_out
from services.notifier.domain.customer.texts.crew_words import crew_of
from services.notifier.domain.customer.texts.notice_texts import stamp
from services.notifier.domain.customer.texts.partial_texts import ended, partial_saying
from services.notifier.domain.customer.texts.reclassified_texts import (
    IT_IS,
    RECLASSIFIED,
    as_another_thing,
    told_to_be,
)
from services.notifier.domain.customer.texts.spoken_texts import (
    changes,
    dark_since,
    since_first,
    unsure_told,
    untimed_run,
    untimed_told,
    was_untrue,
)
from services.policy.model import Telling

# Words of their own for what a trigger's usual words would not say truly.
UNCONFIRMED, TAKEN_BACK, WITHDRAWN, OTHERWISE = "unconfirmed", "taken-back", "withdrawn", "corrected"
PERHAPS_BACK, DENIED, EARLIER, NO_TIME_NOW = "perhaps-back", "denied", "ert-earlier", "ert-withdrawn"


@dataclass(frozen=True)
class OutageSummary:
    """All outages that hold the customer, reduced to one state."""

    outages: tuple[CustomerTouched, ...]
    since: datetime
    ert: datetime | None
    unknown: bool
    next_update_at: datetime | None
    low: bool = False
    """Dispatch is not sure of that time."""
    first: tuple[CustomerTouched, ...] = ()
    """Of several supplies the outages of the one that is back first; empty where there is one."""

    @property
    def lead(self) -> CustomerTouched:
        """The outage that keeps them dark longest: it gives the words."""
        return max(self.first or self.outages, key=lambda one: (one.ert is None, one.ert or one.at, one.mrid))


def reduce(outages: Sequence[CustomerTouched], now: datetime) -> OutageSummary:
    """Overlapping outages as one: power is back when the last of them ends; one unknown end makes all unknown."""
    erts = [one.ert for one in outages]
    ahead = [ert for ert in erts if ert is not None and ert > now]
    last = max(ahead) if len(ahead) == len(erts) else None
    low = last is not None and any(one.ert_low and one.ert == last for one in outages)
    updates = [one.next_update_at for one in outages if (one.ert is None or low) and one.next_update_at is not None]
    return OutageSummary(
        outages=tuple(outages),
        since=min(one.started_at or one.at for one in outages),
        ert=last,
        unknown=any(ert is None for ert in erts),
        next_update_at=min(updates, default=None),
        low=low,
    )


def _reduced(state: Customer, present: Plight, now: datetime) -> OutageSummary:
    """What keeps the customer dark as one: they have power again with whichever supply is back first."""
    each = [reduce(words, now) for _, words in sorted(present.lost.items())]
    if len(each) == 1:
        return each[0]
    first = min(each, key=lambda one: (one.ert is None, one.ert or now))
    return replace(first, outages=state.holding(), since=max(one.since for one in each), first=first.outages)


def supply_saying(state: Customer, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    """The text that is due about the supply, or None."""
    saying = _saying(state, belief, now, telling)
    if saying is None or saying.ert is None:
        return saying
    # A spoken time is about: the text is of use for as long, but not beyond a word that it promises.
    until = saying.ert + telling.about
    return replace(saying, useful_until=min(until, saying.next_word_by) if saying.next_word_by else until)


def _saying(state: Customer, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    # That power is back, or never was off, is said only once that is settled: until then nothing, and where a person had
    # to be called for it, what the spoken time calls for.
    present = state.plight()
    if not present.off:
        if partial := partial_saying(state, present, belief, now, telling):
            return partial
        if state.settled and not present.lost:
            return _over(state, belief, now)
        spoken = spoken_of(state, belief)
        alarmed = "end-unproven" in state.alarms and belief.kind == "out"
        return _unconfirmed(state, reduce(spoken, now), belief, now, telling) if alarmed and spoken else None
    dark = _reduced(state, present, now)
    if is_claimed(state):
        if belief.kind == "back" and any(one.denied and one.mrid in belief.mrids for one in dark.outages):
            # What we said was dispatch's word; a meter or the customer says otherwise, and it is for us to say so.
            told = belief.restored_at
            return _dark(state, dark, "reopened", now, reason="denied-since-told", told=told, template=DENIED)
        return _unconfirmed(state, dark, belief, now, telling) if "claim-unproven" in state.alarms else None
    if belief.kind == "out" and is_perhaps_back(state):
        # They know that power is off; that it is off still nobody can say just now.
        return None
    if belief.kind == "out" and all(one.perhaps_restored or is_said_back(state.profile, one) for one in dark.outages):
        why = "nobody-says-whether-it-is-back"
        return _unconfirmed(state, dark, belief, now, telling, template=PERHAPS_BACK, reason=why)
    untold = tuple(sorted(breaches_to_own(dark.outages, now, telling) - confessed(state)))
    if belief.kind == "out" and last_unstable(state) is None:
        was = told_to_be(dark.lead, belief, since_first(state))
        if was is not None:
            return _another_thing(state, dark, belief, now, telling, was, untold)
    if untold:
        apology = _dark(state, dark, "breach-apology", now, reason="outside-the-notice", breaches=untold)
        # What was found out later wakes nobody: they know that power is off, and until when.
        waits = is_found_out(dark.outages, belief, untold) and not _due(state, dark, belief, now, telling)
        return replace(apology, waits=waits)
    if belief.kind != "out":
        return _first(state, dark, belief, now)
    if last_unstable(state) is not None:
        # The one word that follows "unstable"; how long it must be steady before is for talk_limits.py.
        trigger: Trigger = "fault" if dark.ert is not None else "fault-time-unknown"
        return _dark(state, dark, trigger, now, reason=STEADY_AGAIN)
    if _is_otherwise(state, dark, belief, telling):
        trigger = "fault" if dark.ert is not None else "fault-time-unknown"
        return _dark(state, dark, trigger, now, reason="what-we-said-was-wrong", template=OTHERWISE)
    due = _due(state, dark, belief, now, telling)
    if due is None and (asked := asked_since(state)) is not None:
        trigger = "fault" if dark.ert is not None else "fault-time-unknown"
        return as_answer(_dark(state, dark, trigger, now, reason=ASKED), belief, asked)
    return due


def _due(state: Customer, dark: OutageSummary, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    """The word that a spoken time calls for, or a time that is another one now."""
    if dark.ert is not None:
        return _timed(state, dark, belief, now, telling)
    return _untimed(state, dark, belief, now, telling)


def _another_thing(
    state: Customer,
    dark: OutageSummary,
    belief: Belief,
    now: datetime,
    telling: Telling,
    was: OutageClass,
    untold: tuple[str, ...],
) -> DueText:
    """It is a fault and no work, or the other way round; with what else is due: one text of it all."""
    due = _due(state, dark, belief, now, telling)
    trigger: Trigger = "breach-apology" if untold else "fault" if dark.ert is not None else "fault-time-unknown"
    # Whether the work was announced is heard from the planner, a moment after dispatch.
    settling = now + telling.settling if due is None and not untold else None
    text = _dark(
        state,
        dark,
        trigger,
        now,
        reason="outside-the-notice" if untold else IT_IS,
        breaches=untold,
        earliest=due.earliest if due is not None else settling,
        template=RECLASSIFIED,
    )
    return as_another_thing(text, was, due)


def _is_otherwise(state: Customer, dark: OutageSummary, belief: Belief, telling: Telling) -> bool:
    """Whether dispatch has corrected what our words still say: since when, by more than about, or why."""
    first = min(dark.outages, key=lambda one: (one.started_at or one.at, one.mrid))
    told = belief.since if belief.explicit and "start" in first.corrected else None
    if told is not None and abs(dark.since - told) > telling.about:
        return True
    why = [text.meant.cause for text in since_first(state) if text.meant.cause is not None]
    return bool(why) and "cause" in dark.lead.corrected and why[-1] != dark.lead.cause


def _unconfirmed(
    state: Customer,
    dark: OutageSummary,
    belief: Belief,
    now: datetime,
    telling: Telling,
    *,
    template: str = UNCONFIRMED,
    reason: str = "said-to-be-back-and-not-proven",
) -> DueText | None:
    """Power is said, or seems, to be back, and nobody can prove it: so much is true, once a spoken time calls for a word."""
    at = belief.watch_at(telling.about)
    if belief.kind == "out" and last_unstable(state) is None and (at is None or now < at):
        return None
    return _dark(state, dark, "fault-time-unknown", now, reason=reason, template=template)


def _first(state: Customer, dark: OutageSummary, belief: Belief, now: datetime) -> DueText:
    told = any(one.mrid in belief.mrids for one in dark.outages)
    if was_untrue(belief, dark.since, told=told):
        # No second outage: they were without power at the very time we named, and it is for us to say so.
        since = min(dark.since, belief.since) if belief.since is not None else dark.since
        dark = replace(dark, since=since)
        return _dark(state, dark, "reopened", now, reason="what-we-said-was-wrong", template=TAKEN_BACK)
    if belief.kind == "back" and told:
        return _dark(state, dark, "reopened", now, reason="off-again")
    trigger: Trigger = "fault" if dark.ert is not None else "fault-time-unknown"
    return _dark(state, dark, trigger, now, reason="power-is-off")


def _timed(state: Customer, dark: OutageSummary, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    ert, told = dark.ert, belief.ert
    if ert is None:
        return None
    if belief.awaits_word(now) and (told is None or abs(ert - told) <= telling.about):
        return _dark(state, dark, "fault", now, reason="next-word-promised")
    if told is None:
        return _dark(state, dark, "fault", now, reason="time-now-known")
    overdue = now >= told + telling.about
    free = is_never_held(state, told, ert)
    if ert <= told - telling.earlier:
        return _earlier(state, dark, belief, now, telling, told)
    if ert <= told or (not overdue and (ert <= told + telling.about or (changes(state) >= CHURN_CAP and not free))):
        return None
    pause = None
    if belief.said_at is not None and belief.explicit and now < told and not free:
        pause = min(belief.said_at + CHURN_PAUSE, told)
    confesses = beyond_notice(dark.outages, told)
    return _dark(
        state, dark, "ert-changed", now, reason="later-than-told", told=told, earliest=pause, confesses=confesses
    )


def _earlier(
    state: Customer, dark: OutageSummary, belief: Belief, now: datetime, telling: Telling, told: datetime
) -> DueText | None:
    """So much earlier that it changes what its reader does meanwhile, as long as that leaves time for it."""
    free = is_never_held(state, told, dark.ert)
    pauses = belief.said_at is not None and belief.explicit and not free
    pause = belief.said_at + CHURN_PAUSE if belief.said_at is not None and pauses else now
    soon = dark.ert is None or dark.ert <= max(now, pause) + telling.about
    if soon or (changes(state) >= CHURN_CAP and not free):
        return None
    reason = "earlier-than-told"
    return _dark(state, dark, "ert-changed", now, reason=reason, told=told, earliest=pause, template=EARLIER)


def _untimed(state: Customer, dark: OutageSummary, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    told = belief.ert
    if told is not None:
        if now >= told + telling.about:
            confesses = beyond_notice(dark.outages, told)
            return _dark(state, dark, "ert-overdue", now, reason="told-time-has-passed", told=told, confesses=confesses)
        if dark.unknown and (changes(state) < CHURN_CAP or is_never_held(state)):
            reason = "told-time-no-longer-holds"
            return _dark(state, dark, "fault-time-unknown", now, reason=reason, told=told, template=NO_TIME_NOW)
        return None
    if belief.awaits_word(now):
        return _dark(state, dark, "fault-time-unknown", now, reason="next-word-promised")
    return None


def _over(state: Customer, belief: Belief, now: datetime) -> DueText | None:
    if belief.kind != "out":
        return None
    spoken = spoken_of(state, belief)
    proven, stepped = ended(state, belief)
    if proven or stepped:
        back = max((*proven, *stepped), key=lambda one: (one.restored_at or one.at, one.mrid))
        restored_at = back.restored_at or back.at
        # Whoever was told since then that power is off, and when the next word comes, is owed it however late.
        if now - max(restored_at, belief.said_at or restored_at) > RESTORED_STALE:
            return None
        return _end(spoken or [back], back, "restored" if proven else "part-restored", restored_at)
    # What was an outage to us and is none: found inside somebody's own installation, or withdrawn by dispatch.
    dropped = [one for one in spoken if not one.touched or one.status == "withdrawn"]
    if not dropped:
        return None
    correction = _end(dropped, dropped[-1], "correction", None)
    if belief.went_at is None or not all(one.no_outage for one in dropped):
        return correction
    says = f"{WITHDRAWN} {stamp(belief.went_at)}"
    return replace(correction, says=says, reason="outage-withdrawn", template=WITHDRAWN, said=belief.went_at)


def _end(
    outages: Sequence[CustomerTouched], lead: CustomerTouched, trigger: Trigger, restored_at: datetime | None
) -> DueText:
    reasons = {
        "restored": "restoration-confirmed",
        "part-restored": "restored-in-part",
        "correction": "not-in-the-extent",
    }
    return DueText(
        thread=SUPPLY,
        trigger=trigger,
        mrids=tuple(sorted({one.mrid for one in (*outages, lead)})),
        version=lead.outage_version,
        says=f"{trigger} {stamp(restored_at)}",
        believes="not-touched" if trigger == "correction" else "back",
        lead=lead,
        reason=reasons[trigger],
        since=lead.started_at or lead.at,
        restored_at=restored_at,
    )


def _dark(
    state: Customer,
    dark: OutageSummary,
    trigger: Trigger,
    now: datetime,
    *,
    reason: str,
    told: datetime | None = None,
    breaches: tuple[str, ...] = (),
    confesses: tuple[str, ...] = (),
    earliest: datetime | None = None,
    template: str | None = None,
) -> DueText:
    """A text that leaves the customer knowing that power is off; with no time, it promises the next word."""
    lead = dark.lead
    ert = dark.ert if trigger not in ("fault-time-unknown", "ert-overdue") else None
    low = ert is not None and dark.low
    waits = 0 if trigger == "ert-overdue" else unsure_told(state) if low else untimed_run(state)
    # The instant that was promised is not promised again by the word that was promised for it.
    promised = None if believe(state).awaits_word(now) and _is_told(state, dark) else dark.next_update_at
    by = next_word(now, waits, promised, ert) if ert is None or low else None
    since = (
        dark.since
        if template == OTHERWISE
        else min(dark.since, dark_since(state, dark.outages, dark.since) or dark.since)
    )
    return DueText(
        thread=SUPPLY,
        trigger=trigger,
        mrids=tuple(one.mrid for one in dark.outages),
        version=lead.outage_version,
        # With no time the content is "no time known, for the nth time": the promised instant follows the clock and
        # would make every look at the state a new text.
        says=" ".join(
            (
                template or trigger,
                stamp(since),
                _when(state, ert, low=low),
                stamp(told),
                *breaches,
            )
        ),
        believes="out",
        lead=lead,
        reason=reason,
        since=since,
        ert=ert,
        told=told,
        next_word_by=by,
        preliminary=low,
        crew_assigned=any(one.crew_assigned for one in dark.outages),
        crew=crew_of(lead, dark.outages),
        breaches=breaches,
        confesses=confesses,
        template=template,
        earliest=earliest,
        useful_until=ert or by,
    )


def _is_told(state: Customer, dark: OutageSummary) -> bool:
    told = believe(state).next_word_by
    return told is not None and dark.next_update_at is not None and dark.next_update_at <= told


def _when(state: Customer, ert: datetime | None, *, low: bool) -> str:
    """The time as the name of the content has it; of one that is not known, or not sure, for the nth time."""
    if ert is None:
        return f"unknown/{untimed_told(state)}"
    return f"{stamp(ert)}/unsure/{unsure_told(state)}" if low else stamp(ert)
