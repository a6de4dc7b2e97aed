"""Events in words: what the restorer found, what customers were told, and how promises fared."""

from __future__ import annotations

from collections.abc import Mapping

from operations.times import Times
from outagectl.words.dispatch_and_notices import DISPATCH, NOTICES, Data, Wording, because, extent
from outagectl.words.doubts import DOUBTS

NAMED_CUSTOMERS = 3


def _part(d: Data, t: Times) -> str:
    step = f"Step {d.get('step')}: power is back in part since {t.text(d.get('restoredAt'))}"
    return f"{step} ({extent(d.get('restored'))}; still off: {extent(d.get('remaining'))})"


def _fulfilment(d: Data, _: Times) -> str:
    return f"The statement {d.get('statementId')} of promises kept is published"


RESTORATIONS: Mapping[str, Wording] = {
    "restoration.part.v1": _part,
    "restoration.confirmed.v1": lambda d, t: f"Power is back for everyone since {t.text(d.get('restoredAt'))}",
    "restoration.refused.v1": lambda d, t: f"The claim of power at {t.text(d.get('claimedAt'))} is not believed",
    "followup.due.v1": lambda d, t: f"Report {d.get('reportId')} is to be called back from {t.text(d.get('dueFrom'))}",
    "fulfilment.published.v1": _fulfilment,
    "outage.closed.v1": lambda d, t: f"The outage is closed, {t.text(d.get('closedAt'))}",
}


def _subject(d: Data) -> str:
    rule = d.get("rule") or {}
    return f"{rule.get('ruleId', '?')} ({d.get('promiseId')})"


def _made(d: Data, t: Times) -> str:
    return f"Promise {_subject(d)}: {d.get('obligation')}, due {t.text(d.get('dueAt'))}"


def _broken(d: Data, t: Times) -> str:
    unproven = ", facts were still waiting" if d.get("unproven") else ""
    return f"Promise {_subject(d)} is broken, {t.text(d.get('at'))}{unproven}"


PROMISES: Mapping[str, Wording] = {
    "promise.made.v1": _made,
    "promise.at-risk.v1": lambda d, t: f"Promise {_subject(d)} is at risk, due {t.text(d.get('dueAt'))}",
    "promise.kept.v1": lambda d, t: f"Promise {_subject(d)} is kept, {t.text(d.get('at'))}",
    "promise.broken.v1": _broken,
    "promise.voided.v1": lambda d, _: f"Promise {_subject(d)} no longer applies",
    "promise.corrected.v1": lambda d, _: f"Promise {_subject(d)}: was {d.get('was')}, is {d.get('now')}",
}


def _touched(d: Data, _: Times) -> str:
    whom = f"customer {d.get('customerId')}"
    how = f"{d.get('status')}" if d.get("touched") else "not touched any more"
    by = because(", ".join(d.get("matchedBy", ())))
    return f"Outage {d.get('mRID')} for {whom}: {how}{by}"


def _matched(d: Data, _: Times) -> str:
    names = list(d.get("touched", ()))
    shown = ", ".join(names[:NAMED_CUSTOMERS]) + (" …" if len(names) > NAMED_CUSTOMERS else "")
    left = f", {len(d['left'])} no longer" if d.get("left") else ""
    return f"It touches {len(names)} more key customers{because(shown)}{left}"


def _chunk(d: Data, _: Times) -> str:
    return f"Customers gone through, part {d.get('number')}: {d.get('seen', 0)} looked at, {d.get('told', 0)} told"


def _rematched(d: Data, _: Times) -> str:
    told = "told" if d.get("told") else "nothing to tell"
    return f"Customer {d.get('customerId')} is matched anew after a change of the registry: {told}"


def _asked(d: Data, t: Times) -> str:
    head = f"Text {d.get('messageId')} to contact {d.get('contactId')} ({d.get('trigger')}, lane {d.get('lane')})"
    return f"{head} by {t.text(d.get('dueAt'))}: “{d.get('body')}”"


def _accepted(d: Data, t: Times) -> str:
    by = "" if d.get("foundBy", "answer") == "answer" else f", found by {d['foundBy']}"
    who = f"{d.get('provider')} took text {d.get('messageId')} as {d.get('providerSid')}"
    return f"{who}, {t.text(d.get('acceptedAt'))}{by}"


def _upserted(d: Data, _: Times) -> str:
    contacts = ", ".join(str(one.get("contactId")) for one in d.get("contacts", ()))
    return f"Registry: {d.get('name')} ({d.get('importance')}, {d.get('language', 'zh-CN')}; contacts {contacts})"


CALLED_FOR = {
    "power-back-cannot-be-proven": "Power is back, and whether nothing else holds the customer cannot be read",
    "power-said-to-be-back-and-not-confirmed": "Power is said to be back, and nobody confirms it",
}


def _unreached(d: Data, _: Times) -> str:
    what = CALLED_FOR.get(str(d.get("reason")), "Nobody could be told")
    return f"{what}{because(d.get('explanation'))}: a person must act"


def _undelivered(d: Data, t: Times) -> str:
    return f"Text {d.get('messageId')} did not arrive, {t.text(d.get('at'))}{because(d.get('reason'))}"


def _receipt(d: Data, _: Times) -> str:
    return f"Receipt of {d.get('provider')} for {d.get('providerSid')}: {d.get('status')}"


def _hushed(d: Data, t: Times) -> str:
    return f"Not said now ({d.get('thread')}){because(d.get('reason'))}: what is so at {t.text(d.get('until'))} is said then"


def _doubled(d: Data, _: Times) -> str:
    return f"Text {d.get('messageId')} went out twice: {d.get('firstSid')} and {d.get('secondSid')}"


CUSTOMERS: Mapping[str, Wording] = {
    "customer.touched.v1": _touched,
    "audience.matched.v1": _matched,
    "audience.due.v1": lambda d, _: f"Whoever it concerns is to be told, version {d.get('outageVersion')}",
    "audience.next.v1": lambda d, _: f"Part {d.get('number')} of the customers is to be told",
    "audience.chunk.v1": _chunk,
    "audience.rematched.v1": _rematched,
    "informing.rechecked.v1": lambda *_: (
        "Looked once more for late receipts: the promise to key customers stays broken"
    ),
    "audience.refresh.v1": lambda d, _: f"The registry changed: {d.get('customerId')} is to be matched again",
    "customer.upserted.v1": _upserted,
    "customer.erased.v1": lambda d, _: f"The customer is to be forgotten{because(d.get('reason'))}",
    "message.requested.v1": _asked,
    "message.accepted.v1": _accepted,
    "message.delivered.v1": lambda d, t: f"Text {d.get('messageId')} is on the handset, {t.text(d.get('deliveredAt'))}",
    "message.undelivered.v1": _undelivered,
    "message.suppressed.v1": lambda d, _: f"Text {d.get('messageId')} is not sent{because(d.get('reason'))}",
    "message.expired.v1": lambda d, _: f"Text {d.get('messageId')} is of no use any more{because(d.get('reason'))}",
    "contact.confirmed.v1": lambda d, _: f"Contact {d.get('contactId')} confirmed ({d.get('how')})",
    "contact.unreached.v1": _unreached,
    "text.meant.v1": lambda d, _: f"Text {d.get('messageId')} will say: {d.get('believes')} ({d.get('thread')})",
    "text.hushed.v1": _hushed,
    "text.unsayable.v1": lambda d, _: f"No contact is left to tell ({d.get('thread')})",
    "text.doubled.v1": _doubled,
    "words.settled.v1": lambda d, t: f"All that was sent by {t.text(d.get('dueAt'))} is known",
    "words.held.v1": lambda d, _: f"Outages hold them of which no word has come: {', '.join(d.get('mrids', ()))}",
    "alarm.raised.v1": lambda d, _: f"A person is called: {d.get('kind')}",
    "alarm.over.v1": lambda d, _: f"No person is needed any more: {d.get('kind')}",
    "watch.fired.v1": lambda d, t: f"The time that was spoken has come, {t.text(d.get('dueAt'))}",
    "sending.accepted.v1": _accepted,
    "sending.refused.v1": lambda d, _: f"The provider refused text {d.get('messageId')}{because(d.get('reason'))}",
    "sending.expired.v1": lambda d, _: f"Text {d.get('messageId')} was not taken in time",
    "sending.receipt.v1": _receipt,
    "receipt.received.v1": _receipt,
    "inbound.received.v1": lambda d, _: f"A text came in: “{d.get('body')}”",
    "message.quarantined.v1": lambda d, _: f"A message was set aside{because(d.get('reason'))}",
}

WORDS: Mapping[str, Wording] = {**DISPATCH, **NOTICES, **RESTORATIONS, **PROMISES, **CUSTOMERS, **DOUBTS}


def in_words(type_name: str, data: Data, t: Times) -> str:
    """One event in a sentence; a type this version does not know is named as it is."""
    wording = WORDS.get(type_name)
    return wording(data, t) if wording else f"{type_name} (this version has no words for it)"
