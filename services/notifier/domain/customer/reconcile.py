"""Derive intents from a conversation: suppress what is no longer true, request what is due. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from schemas.contracts import messages
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import ContactUnreached, MessageRequested, MessageSuppressed
from services.concerned.supplies import hit_by, several, ways
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import (
    DARK,
    SUPPLY,
    Customer,
    DueText,
    HeldBack,
    RequestedText,
    believe,
    is_claimed,
    is_half_claimed,
    is_perhaps_back,
    notice_thread,
)
from services.notifier.domain.customer.lanes import MINUTE, NOTICES, SOON, lane_of, slot, word_due
from services.notifier.domain.customer.owing.asking import invitation
from services.notifier.domain.customer.patience.bursts import gathered
from services.notifier.domain.customer.patience.full_handset import keeps_last, no_room
from services.notifier.domain.customer.quiet_hours import Rest, changes_at, for_the_morning, rest
from services.notifier.domain.customer.talk_limits import held_back, hushed, instead
from services.notifier.domain.customer.texts.failed_texts import NextContact, next_turn
from services.notifier.domain.customer.texts.notice_texts import notice_saying
from services.notifier.domain.customer.texts.outage_codes import code_of
from services.notifier.domain.customer.texts.reclassified_texts import RECLASSIFIED, says_what_it_is
from services.notifier.domain.customer.texts.site_words import care_of, in_language, site_of, supplies_of
from services.notifier.domain.customer.texts.supply_texts import OTHERWISE, supply_saying
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.notifier.domain.events import (
    ALARM_RAISED,
    TEXT_MEANT,
    TEXT_UNSAYABLE,
    AlarmRaised,
    TextFrame,
    TextMeant,
    TextUnsayable,
)
from services.notifier.domain.wording.reference import dedupe_key, message_id, printed_code
from services.notifier.domain.wording.templates import TemplateFields, UtilityVoice, book_for, frame, render
from services.places import normal
from services.policy.model import Telling
from services.tasks.domain.kinds import TAKES_NO_TEXTS

PERHAPS: Final = "supply-perhaps-back"
OPTED_OUT: Final = "opted-out"


def sayings(state: Customer, now: datetime, watch: WorkWatch) -> Mapping[str, DueText | None]:
    """The text that is due in every thread there is; None where nothing need be said."""
    due: dict[str, DueText | None] = {SUPPLY: supply_saying(state, believe(state), now, watch.telling)}
    for mrid in sorted(state.outages):
        due[notice_thread(mrid)] = notice_saying(state, state.outages[mrid], now, watch)
    return due


def reconcile(
    state: Customer, now: datetime, voice: UtilityVoice, watch: WorkWatch, regime: str = ""
) -> tuple[Sequence[NewEvent], str | None]:
    """Events that bring what is under way in line with what is due, and the reason to name; none and None if it is."""
    if state.profile is None:
        return (), None
    telling, nights = watch.telling, watch.nights
    events: list[NewEvent] = []
    reasons: list[str] = []
    for thread, due in sayings(state, now, watch).items():
        pending = [text for text in state.thread(thread) if text.pending]
        saying = instead(state, thread, due, now, telling)
        night = rest(saying, state.profile, believe(state), now, nights) if saying is not None else None
        if saying is not None:
            saying = for_the_morning(saying, state.profile, nights)
        kept = _same(pending, saying, state, now)
        hush = _held(state, saying, night, now, telling) if saying is not None and kept is None else None
        stale = [text for text in pending if text is not kept]
        for text in stale:
            stopped = text.contact_id in state.heard.opted_out
            reason = OPTED_OUT if stopped else hush.why if hush else "superseded" if saying else _silence(state, text)
            events.append(stopped_text(text, state, reason, now))
            reasons.append(f"{text.trigger}-suppressed-{reason}")
        if saying is None or kept is not None:
            continue
        if hush is not None:
            recorded = hushed(state, saying, hush)
            events += recorded
            reasons += [hush.why] if recorded else []
            continue
        turn = next_turn(state, state.profile, saying)
        if turn is None:
            events += _call_a_person(state, state.profile, saying, now)
            reasons.append("nobody-to-tell")
            continue
        saying = gathered(saying, state.profile, state.thread(thread), stale, now, telling)
        asks = invitation(state, state.profile, saying, watch.times)
        events += request(state, state.profile, turn, saying, stale, now, voice, night, regime, asks)
        reasons.append(f"{saying.trigger}-{night.why}-in-the-morning" if night else f"{saying.trigger}-requested")
    return events, reasons[-1] if events else None


def _held(state: Customer, saying: DueText, night: Rest | None, now: datetime, telling: Telling) -> HeldBack | None:
    """Until when this is not asked for, and why; a word about later work is, and lies ready until the morning."""
    if (full := no_room(state, saying, now)) is not None:
        return full
    enough = held_back(state, saying, now, telling)
    if night is None or saying.thread != SUPPLY or (enough is not None and enough.until > night.until):
        return enough
    return HeldBack(saying.says, night.until, night.why)


def _same(
    pending: Sequence[RequestedText], saying: DueText | None, state: Customer, now: datetime
) -> RequestedText | None:
    """The text under way that says just this, to somebody who is still a contact, and takes texts.

    Not one that promises the next word by an instant that has all but come: it waited too long, and would break its word.
    """
    if saying is None or state.profile is None:
        return None
    contacts = {contact.contact_id for contact in state.profile.contacts} - state.heard.opted_out.keys()
    return next(
        (
            text
            for text in pending
            if text.trigger == saying.trigger
            and text.meant.says == saying.says
            and text.contact_id in contacts
            # One that still waits says where the crew is by now.
            and (text.meant.crew == saying.crew or text.said_at <= now)
            and (text.meant.next_word_by is None or now < word_due(text.requested_at, text.meant.next_word_by))
        ),
        None,
    )


def _silence(state: Customer, text: RequestedText) -> str:
    """Why a text under way is not to be sent, when nothing takes its place."""
    thread = text.meant.thread
    settled = [one for one in state.thread(thread) if one.settled]
    if settled and settled[-1].meant.says == text.meant.says:
        return "already-told"
    if thread == SUPPLY:
        told = [state.outages.get(mrid) for mrid in text.mrids]
        if told and all(one is not None and one.no_outage for one in told):
            return "outage-withdrawn"
        if is_half_claimed(state):
            return "supply-said-to-be-back"
        if not state.dark():
            said_off = text.meant.believes in ("out", "supply-lost")
            return "outage-over" if state.settled or said_off else "not-settled-yet"
        if is_claimed(state):
            return "supply-said-to-be-back"
        return PERHAPS if is_perhaps_back(state) else "no-longer-true"
    outage = state.outages[thread.partition("/")[2]]
    if outage.status in DARK:
        return "work-began"
    return "notice-withdrawn" if outage.status == "withdrawn" or not outage.touched else "no-longer-true"


def stopped_text(text: RequestedText, state: Customer, reason: str, now: datetime) -> NewEvent:
    """The word that a text under way is not to be sent."""
    stopped = MessageSuppressed(message_id=text.message_id, customer_id=state.customer_id, reason=reason, at=now)
    return _on_topic(state, "message.suppressed.v1", stopped)


def suppress_all(state: Customer, reason: str, now: datetime) -> Sequence[NewEvent]:
    """Stop every text that is under way."""
    return [stopped_text(text, state, reason, now) for text in state.texts.values() if text.pending]


def _call_a_person(state: Customer, profile: CustomerUpserted, saying: DueText, now: datetime) -> Sequence[NewEvent]:
    """Once per content: nobody can be told by text, so somebody must call."""
    if f"{saying.thread} {saying.says}" in state.unsayable:
        return ()
    unsayable = TextUnsayable(customer_id=state.customer_id, thread=saying.thread, says=saying.says)
    unreached = ContactUnreached(
        customer_id=state.customer_id,
        at=now,
        reason=why_nobody(state, profile),
        mrids=saying.mrids,
        explanation=f"{saying.trigger}: {saying.reason}",
    )
    said = [NewEvent(TEXT_UNSAYABLE, unsayable)]
    if saying.thread == SUPPLY and saying.believes == "out" and "nobody-reached" not in state.alarms:
        alarm = AlarmRaised(customer_id=state.customer_id, kind="nobody-reached", at=now, mrids=saying.mrids)
        said.append(NewEvent(ALARM_RAISED, alarm))
    return [*said, _on_topic(state, "contact.unreached.v1", unreached)]


def why_nobody(state: Customer, profile: CustomerUpserted) -> str:
    """Why no contact can be told by text."""
    if not profile.contacts:
        return "no-contact"
    stopped = any(contact.contact_id in state.heard.opted_out for contact in profile.contacts)
    return TAKES_NO_TEXTS if stopped else "all-contacts-failed"


def request(
    state: Customer,
    profile: CustomerUpserted,
    turn: NextContact,
    saying: DueText,
    stale: Sequence[RequestedText],
    now: datetime,
    voice: UtilityVoice,
    night: Rest | None,
    regime: str,
    asks: str | None = None,
) -> Sequence[NewEvent]:
    """The text that says `saying` to whose turn it is; `stale`: what it takes the place of, `night`: until when it waits.

    `asks`: what asks for an answer.
    """
    contact = turn.contact
    earlier = [
        text
        for text in state.thread(saying.thread)
        if (text.trigger, text.meant.says, text.contact_id) == (saying.trigger, saying.says, contact.contact_id)
    ]
    key = dedupe_key(
        mrid=saying.lead.mrid,
        trigger=saying.trigger,
        version=saying.version,
        customer_id=state.customer_id,
        contact_id=contact.contact_id,
        says=saying.says,
        round_=len(earlier),
    )
    begins = saying.period.start if saying.period else saying.previous.start if saying.previous else None
    soon = any(p is not None and p.start <= now + SOON for p in (saying.period, saying.previous)) or begins is None
    lane = lane_of(profile, saying.trigger, soon=soon)
    times = slot(
        saying.trigger,
        now=now,
        earliest=max(filter(None, (saying.earliest, turn.earliest)), default=None),
        due_by=saying.due_by,
        useful_until=saying.useful_until,
        rests_until=night.until if night is not None else None,
    )
    code = code_of(state, saying.thread, saying.lead.mrid, saying.mrids)
    id_ = message_id(key)
    printed = printed_code(code, id_, (other for other, text in state.texts.items() if text.ref == code))
    words = _words(state, profile, saying, now)
    text = render(saying.trigger, profile.language, words, voice, printed, saying.template)
    shared = frame(book_for(profile.language), saying.template or saying.trigger, words, voice)
    replaced = [one for one in state.thread(saying.thread) if one.settled] or list(stale)
    meant = TextMeant(
        message_id=id_,
        thread=saying.thread,
        says=saying.says,
        believes=saying.believes,
        period=saying.period,
        since=saying.since,
        ert=saying.ert,
        next_word_by=saying.next_word_by,
        breaches=(*saying.breaches, *(one for one in saying.confesses if one not in saying.breaches)),
        restored_at=saying.restored_at,
        steady_minutes=saying.steady // MINUTE if saying.steady is not None else None,
        lost=saying.lost,
        frame=TextFrame(words=shared[0], site=shared[1], code=printed, language=text.language) if shared else None,
        keeps_last=keeps_last(saying),
        crew=saying.crew,
        cause=_cause_meant(saying, text.body),
        leads=saying.lead.mrid if saying.believes == "out" else None,
        outage_class=saying.lead.outage_class if says_what_it_is(saying) else None,
        changes_at=changes_at(saying),
        waits_until=night.until if night is not None else None,
        waits_for=night.why if night is not None else None,
        policy=regime or None,
        invites=asks,
    )
    requested = MessageRequested(
        message_id=meant.message_id,
        customer_id=state.customer_id,
        contact_id=contact.contact_id,
        mrids=saying.mrids,
        trigger=saying.trigger,
        lane=lane,
        language=text.language,
        template_id=text.template_id,
        template_version=text.template_version,
        body=text.body,
        ref=code,
        requested_at=now,
        not_before=times.not_before,
        due_at=times.due_at,
        expires_at=times.expires_at,
        reason=saying.reason,
        supersedes=replaced[-1].message_id if replaced else None,
    )
    return [NewEvent(TEXT_MEANT, meant), _on_topic(state, "message.requested.v1", requested)]


def _cause_meant(saying: DueText, body: str) -> str | None:
    """The cause that a text names; a correction takes the place of one that was named, also where it fits in no text."""
    cause = saying.lead.cause
    named = cause is not None and cause.strip().rstrip("。.").lower() in body.lower()
    return cause if named or saying.template in (OTHERWISE, RECLASSIFIED) else None


def _cause(state: Customer, saying: DueText) -> str | None:
    """Why power was or is off: of several outages what all of them say, for half of a reason is none."""
    cause = saying.lead.cause
    # What is about one supply of several, or about the cause itself, says it of the outage that gives the words.
    if saying.believes not in ("out", "back") or saying.about or saying.template in (OTHERWISE, RECLASSIFIED):
        return cause
    spoken_of = (state.outages[mrid] for mrid in saying.mrids if mrid in state.outages)
    return cause if all(one.cause == cause for one in spoken_of) else None


def _words(state: Customer, profile: CustomerUpserted, saying: DueText, now: datetime) -> TemplateFields:
    lead = saying.lead
    return TemplateFields(
        outage_class=lead.outage_class,
        was=saying.was,
        now=now,
        address=site_of(profile),
        home=profile.premises == "home",
        care=care_of(profile),
        supplies=supplies_of(profile, saying.about or _noticed_supplies(profile, saying), lead.called),
        still=supplies_of(profile, saying.still, lead.called),
        line=in_language(_named(lead, "line", lead.extent.lines), profile.language, lead.called),
        area=in_language(_named(lead, "area", lead.extent.areas), profile.language, lead.called),
        period=saying.period,
        previous=saying.previous,
        since=saying.since,
        ert=saying.ert,
        told=saying.told,
        said=saying.said,
        by=saying.next_word_by,
        restored_at=saying.restored_at,
        steady=saying.steady,
        preliminary=saying.preliminary,
        crew_assigned=saying.crew_assigned,
        crew=saying.crew,
        cause=_cause(state, saying),
        breach=saying.breaches[-1].rpartition("/")[2] if saying.breaches else None,
    )


def _noticed_supplies(profile: CustomerUpserted, saying: DueText) -> Collection[str]:
    """Of several supplies those that noticed work takes, where it leaves the customer one."""
    if saying.trigger not in NOTICES or not several(profile):
        return ()
    taken = hit_by(profile, saying.lead)
    return taken if len(taken) < len(ways(profile)) else ()


def _named(lead: CustomerTouched, kind: str, given: Sequence[str]) -> str:
    """The line or area to name: the one the customer lies in, as dispatch wrote it; else the first."""
    # Words of a version before compared names in another form.
    theirs = {normal(by.partition(":")[2]) for by in lead.matched_by if by.startswith(f"{kind}:")}
    return next((name for name in given if normal(name) in theirs), given[0] if given else "")


def _on_topic(state: Customer, type_: str, data: messages.MessageFact | ContactUnreached) -> NewEvent:
    return NewEvent(type_, data, topic=messages.TOPIC, key=state.customer_id)
