"""Verify an evidence bundle: pure, from the bundle and the trusted public keys alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import UNSET

from operations.audit.report import Check, Report
from operations.evidence.form import Bundle, ForgottenPart, Heads, Proven, Sealed, digest_of, references, seal_words
from operations.evidence.recounting import statement_faults
from operations.heads.check import follow_faults
from services.kernel.model import Event
from services.kernel.operating import DONE
from services.kernel.operators.forgetting import ForgottenEvent, ForgottenStep
from services.kernel.proof import merkle
from services.kernel.proof.heads import Head, HeadError, open_head
from services.kernel.streams.log import link

Keys = Mapping[str, Ed25519PublicKey]
PUBLISHED = "fulfilment.published.v1"


def verify_bundle(sealed: Sealed, keys: Keys) -> Report:
    """Every check there is on a bundle; the first fault of `events` names the first event that is not as signed."""
    report, bundle = Report(), sealed.bundle
    _seal(sealed, keys, report.check("bundle", "seal", "the file is as it was made", "file"))
    heads: dict[str, dict[int, Head]] = {}
    for group in bundle.heads:
        check = report.check(group.service, "heads", "every head is signed and follows the one before", "head")
        if group.service in heads:
            check.fault(f"the heads of {group.service} stand twice")
        heads[group.service] = _heads(group, keys, check)
    for service in sorted({event.service for event in bundle.events}):
        events = [event for event in bundle.events if event.service == service]
        _events(bundle, service, events, heads.get(service, {}), report)
        if sealed.signature is None:
            _unvouched(
                events, heads.get(service, {}), report.check(service, "anchors", "every event is vouched for", "event")
            )
    if not bundle.events:
        report.check("bundle", "events", "the bundle holds events", "event").fault("there is no event in it")
    _policies(bundle, report)
    _statement(bundle, report)
    _messages(bundle, report)
    return report


def _seal(sealed: Sealed, keys: Keys, check: Check) -> None:
    check.checked = 1
    if digest_of(sealed.bundle) != sealed.digest:
        check.fault("the bundle is not the one that the digest was made of")
    if sealed.signature is None:
        check.note("no signature: events of customers and of the end may have been left out, states of texts changed")
        if sealed.bundle.key_id is not None:
            check.fault(f"the bundle says that key {sealed.bundle.key_id} sealed it, but the signature is missing")
        return
    public = keys.get(sealed.bundle.key_id or "")
    if public is None:
        check.fault(f"sealed by key {sealed.bundle.key_id}, which was not given: name its public key")
        return
    try:
        public.verify(bytes.fromhex(sealed.signature), seal_words(sealed.digest))
    except InvalidSignature:
        check.fault(f"the seal is not the signature of key {sealed.bundle.key_id}")
    else:
        check.note("signature")


def _heads(group: Heads, keys: Keys, check: Check) -> dict[int, Head]:
    """The trusted heads of one service, by number."""
    found: dict[int, Head] = {}
    before: Head | None = None
    digest: str | None = None
    for signed in group.heads:
        check.checked += 1
        try:
            head = open_head(signed, dict(keys))
        except HeadError as error:
            check.fault(str(error))
            continue
        if before is None and head.number > 1:
            # The bundle begins here; what it followed is vouched for by its own signature.
            if head.service != group.service:
                check.fault(f"head {head.number} of {head.service} stands among the heads of {group.service}")
        else:
            number = before.number + 1 if before else 1
            for text in follow_faults(group.service, number, head, before, digest):
                check.fault(text)
        found[head.number] = head
        before, digest = head, signed.digest
    return found


def _events(bundle: Bundle, service: str, events: list[Proven], heads: Mapping[int, Head], report: Report) -> None:
    check = report.check(service, "events", "every event is the one that was hashed and signed", "event")
    whole = report.check(service, "stream", "its own events are there without a gap", "event")
    texts = {message.message_id for message in bundle.messages}
    chains: dict[tuple[str, int], str] = {}
    ends: Counter[str] = Counter()
    last = 0
    steps = {event.stream_id: event for event in events if event.type == DONE}
    named = {f"operator/{event.forgotten.request}" for event in events if event.forgotten is not UNSET}
    for event in events:
        check.checked += 1
        for text in _event_faults(event, heads, chains):
            check.fault(f"{event.name}: {text}")
        if event.forgotten is not UNSET:
            check.note(f"forgotten on {event.forgotten.at.date().isoformat()}, by rule {event.forgotten.rule}")
            for text in forgotten_faults(event, event.forgotten, steps.get(f"operator/{event.forgotten.request}")):
                check.fault(f"{event.name}: {text}")
        if event.position <= last:
            check.fault(f"{event.name}: stands out of the log's order, or twice")
        if event.stream_id not in named and not _concerns(bundle, event, texts):
            check.fault(f"{event.name}: has nothing to do with {bundle.title}")
        last = event.position
        chains[(event.stream_id, event.version)] = event.chain
        if event.stream_id == bundle.subject:
            whole.checked += 1
            ends[event.stream_id] += 1
            if event.version != ends[event.stream_id]:
                whole.fault(f"{event.name}: version {ends[event.stream_id]} is due here")
                ends[event.stream_id] = event.version
        if event.data is None:
            check.note("withheld: about other people")
            if bundle.customer is None:
                check.fault(f"{event.name}: its content is missing, and the bundle is not for one customer only")
        head = heads.get(event.proof.head) if event.proof else None
        check.note(f"anchored since {head.at.isoformat()}" if head else "not yet anchored")


def _unvouched(events: list[Proven], heads: Mapping[int, Head], check: Check) -> None:
    """Without a seal, hashes that fit prove nothing: whoever has the file can make events and hash them."""
    for event in events:
        check.checked += 1
        if event.proof is None or event.proof.head not in heads:
            check.fault(
                f"{event.name}: no signed head covers it and no key sealed the bundle: anybody may have made it up"
            )


def _event_faults(event: Proven, heads: Mapping[int, Head], chains: Mapping[tuple[str, int], str]) -> list[str]:
    """What is wrong with one event: its hash, its link to the event before, its way to a signed root."""
    if (event.previous is None) != (event.version == 1):
        return ["the hash before it is missing, or stands before a first event"]
    try:
        event_id = UUID(event.event_id)
    except ValueError:
        return ["its id is not one of ours"]
    row = Event(
        stream_id=event.stream_id,
        version=event.version,
        event_id=event_id,
        type=event.type,
        data=None,
        decided_at=event.decided_at,
        cause=event.cause,
        reason=event.reason,
    )
    faults: list[str] = []
    hashed = (
        event.data is None
        or event.forgotten is not UNSET
        or (link(bytes.fromhex(event.previous or ""), row, event.data.encode()).hex() == event.chain)
    )
    if str(event_id) != event.event_id or not hashed:
        faults.append("it is not the event that was hashed")
    before = chains.get((event.stream_id, event.version - 1))
    if before is not None and before != event.previous:
        faults.append("it does not follow the event before it")
    faults += _proof_faults(event, heads)
    return faults


def forgotten_faults(event: Proven, gone: ForgottenPart, step: Proven | None) -> list[str]:
    """What is wrong with an event of which something was taken out: what is left must be what the log says was left."""
    if event.data is None:
        return []
    if step is None:
        return [f"it is said to be forgotten by request {gone.request}, whose answer the bundle does not have"]
    result = _data(step).get("result")
    rest = hashlib.sha256(event.data.encode()).digest()
    leaf = ForgottenEvent(event.position, event.stream_id, event.version, rest).leaf
    try:
        said = msgspec.convert(result, ForgottenStep)
        root = merkle.root_from(gone.index, said.events, leaf, [bytes.fromhex(one) for one in gone.path])
    except (msgspec.ValidationError, ValueError) as error:
        return [f"its way to what request {gone.request} says does not fit: {error}"]
    if (root.hex(), gone.rule, gone.at) != (said.root, said.rule, step.decided_at):
        return [f"it is not what request {gone.request} says was left of it"]
    return []


def _proof_faults(event: Proven, heads: Mapping[int, Head]) -> list[str]:
    if event.proof is None:
        covering = [head for head in heads.values() if head.position >= event.position]
        return [f"head {covering[0].number} covers it, but its proof is missing"] if covering else []
    head = heads.get(event.proof.head)
    if head is None:
        return [f"it is said to lie under head {event.proof.head}, which the bundle does not have or cannot trust"]
    before = heads.get(event.proof.head - 1)
    if event.position > head.position or (before is not None and event.position <= before.position):
        return [f"its position does not lie under head {head.number}"]
    start = merkle.leaf(event.position, event.stream_id, event.version, bytes.fromhex(event.chain))
    path = [bytes.fromhex(one) for one in event.proof.path]
    try:
        root = merkle.root_from(event.proof.index, head.size, start, path)
    except ValueError as error:
        return [f"its proof does not fit head {head.number}: {error}"]
    return [] if root.hex() == head.root else [f"it is not the event that was signed under head {head.number}"]


def _concerns(bundle: Bundle, event: Proven, texts: set[str]) -> bool:
    if event.stream_id == bundle.subject:
        return True
    if bundle.statement is not UNSET:
        return False
    data = _data(event)
    mrids = data.get("mrids")
    named = isinstance(mrids, list) and bundle.outage in mrids
    return event.stream_id.startswith("customer/") and (
        data.get("messageId") in texts or data.get("mRID") == bundle.outage or named
    )


def _data(event: Proven) -> dict[str, Any]:
    try:
        data: Any = msgspec.json.decode(event.data or "")
    except msgspec.MsgspecError:
        return {}
    return data if isinstance(data, dict) else {}


def _policies(bundle: Bundle, report: Report) -> None:
    check = report.check("bundle", "policies", "the rules are those that the events name", "regime")
    policies: set[tuple[str, str]] = set()
    calendars: set[str] = set()
    for event in bundle.events:
        try:
            found = references(event.data or "{}")
        except msgspec.MsgspecError:
            continue
        policies |= found[0]
        calendars |= found[1]
    if [(one.policy_id, one.policy_version) for one in bundle.policies] != sorted(policies):
        check.fault("the regimes listed are not those that the events name")
    if list(bundle.calendars) != sorted(calendars):
        check.fault("the calendars listed are not those that the events name")
    for one in bundle.policies:
        check.checked += 1
        if one.content is None:
            check.note("without their text, that version was not at hand")
        elif (
            not hashlib.sha256(one.content.encode())
            .hexdigest()
            .startswith(one.policy_version.rpartition("+")[2] or "-")
        ):
            check.fault(f"the text of {one.policy_id} is not that of version {one.policy_version}")


def _statement(bundle: Bundle, report: Report) -> None:
    """A statement's figures are what its cases come to, counted anew."""
    if bundle.statement is UNSET:
        return
    check = report.check("bundle", "statement", "its figures are what its cases come to", "case")
    check.checked = len(bundle.statement.lines)
    said = [_data(event) for event in bundle.events if event.type == PUBLISHED]
    mine = [one for one in said if one.get("statementId") == bundle.statement.statement_id]
    if len(mine) != 1:
        check.fault(f"no event publishes statement {bundle.statement.statement_id}, or more than one does")
        return
    for text in statement_faults(mine[0], bundle.statement.lines):
        check.fault(text)


def _messages(bundle: Bundle, report: Report) -> None:
    """Texts come from the sender's table, which nobody signs: each is held to what the log says of it."""
    check = report.check("bundle", "messages", "the texts are those that the events ask for and report on", "text")
    asked, sids = _said_of_texts(bundle)
    seen: set[str] = set()
    for text in bundle.messages:
        check.checked += 1
        intent = asked.get(text.message_id)
        if text.message_id in seen:
            check.fault(f"text {text.message_id} stands twice")
        seen.add(text.message_id)
        if intent is None:
            check.fault(f"no event asks for text {text.message_id}")
            continue
        said = (text.body, text.customer_id, text.contact_id, text.trigger, text.lane, text.ref, list(text.mrids))
        if said != tuple(intent.get(f) for f in ("body", "customerId", "contactId", "trigger", "lane", "ref", "mrids")):
            check.fault(f"text {text.message_id} is not the one that the log asked for")
        known = sids.get(text.message_id, set())
        for sid in {text.provider_sid, *(one.provider_sid for one in text.attempts)} - {None}:
            check.note("provider ids the log knows" if sid in known else "provider ids in the sender's table only")
    for name in asked.keys() - seen:
        check.fault(f"an event asks for text {name}, which is not listed")


def _said_of_texts(bundle: Bundle) -> tuple[dict[str, dict[str, Any]], dict[str, set[str]]]:
    """By text: what the log asked for, and the provider's ids that it knows."""
    asked: dict[str, dict[str, Any]] = {}
    sids: dict[str, set[str]] = {}
    for event in bundle.events:
        data = _data(event)
        name = data.get("messageId")
        if not isinstance(name, str):
            continue
        if event.type == "message.requested.v1":
            asked[name] = data
        for field in ("providerSid", "secondSid"):
            if isinstance(data.get(field), str):
                sids.setdefault(name, set()).add(data[field])
    return asked, sids
