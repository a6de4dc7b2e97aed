"""Show the proof of a text to people: why this customer, by what fact and rule, each attempt, what it replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from rich.console import Console

from operations.history.proof import ProvenAttempt, TextProof
from operations.times import Times, span
from outagectl.terminal.say import table
from outagectl.words.parts import because
from outagectl.words.rules import in_full
from outagectl.words.texts import occasion
from outagectl.words.topics.messages import goes_on, no_receipt

LABEL = 14
DRIVEN = timedelta(hours=1)
KINDS = {"usagePoint": "usage point"}


def print_proof(out: Console, proof: TextProof, t: Times) -> None:
    """One text."""
    out.print(f"\n[bold]Text[/] {proof.message_id}", markup=True)
    for label, words in lines(proof, t):
        out.print(f"  {label:<{LABEL}} {words}", markup=False)
    if proof.attempts:
        columns = (
            "attempt",
            "provider",
            "owner",
            "began",
            "closed",
            "HTTP",
            "outcome",
            "at fault",
            "code",
            "provider id",
        )
        out.print(table(None, columns, attempt_rows(proof, t)))
    for one in proof.receipts:
        code = f", code {one.code}" if one.code is not None else ""
        out.print(f"  receipt        {t.at(one.at)}  {one.type.split('.')[1]}{code}", markup=False)


def lines(proof: TextProof, t: Times) -> Iterator[tuple[str, str]]:
    """What is said of it, label by label."""
    withdrawn = f", withdrawn ({proof.withdrawn}) while an attempt was out" if proof.withdrawn else ""
    yield "says", _says(proof, t)
    yield from _together(proof)
    on_it = f" (on the handset {proof.posted_ref}, that of the text it goes with)" if proof.posted_ref else ""
    yield "code", f"{proof.ref}{on_it}"
    yield "state", f"{proof.state}{withdrawn}"
    yield "to", f"{_contact(proof)} of {_customer(proof)}"
    yield "because of", _touched(proof)
    yield "fact", _fact(proof, t)
    yield "decided", f"{t.at(proof.requested_at)}{because(proof.reason)}"
    yield "rule", _rule(proof)
    for rule in proof.rules:
        yield "promise", f"rule {in_full(rule)}"
    template = f"{proof.template} version {proof.template_version}" if proof.template else "not on record"
    yield "template", f"{template}, occasion {occasion(proof.trigger, proof.template)}"
    yield "lane", proof.lane
    yield from _tokens(proof, t)
    if proof.held_by:
        yield "held", f"until somebody approves {proof.held_by} (outagectl sending status)"
    if proof.barred:
        yield "provider", f"none may carry it{because(proof.barred)}"
    elif proof.carrier:
        yield "provider", proof.carrier
    if proof.taken is not None and proof.taken.no_receipt is not None:
        yield "receipt", no_receipt(proof.taken)
    if proof.failed is not None:
        yield "failed", f"{t.at(proof.failed.at)}{because(proof.failed.reason)}"
    for went in proof.went_on:
        yield "goes on", goes_on(went, t)
    yield "times", _times(proof, t)
    yield "supersedes", proof.supersedes or "nothing"
    yield "superseded by", proof.superseded_by or "nothing"


def _says(proof: TextProof, t: Times) -> str:
    if proof.forgotten is None:
        return f"“{proof.body}”"
    at, rule = proof.forgotten
    return f"forgotten on {t.at(at)}, by rule {rule}; all else of it stands here"


def _together(proof: TextProof) -> Iterator[tuple[str, str]]:
    """One text for several sites of one telephone: what was posted, for whom, by which of them."""
    if proof.carried_by is not None:
        yield (
            "goes with",
            f"text {proof.carried_by}: one text for several sites of one telephone; the attempts are that one's",
        )
    if proof.carries:
        named = ", ".join(f"{one.customer_id} (text {one.message_id})" for one in proof.carries)
        yield "speaks for", f"{len(proof.carries) + 1} sites of one telephone: its own, and those of {named}"
    for body in dict.fromkeys(one.body for one in proof.attempts if one.body is not None):
        yield "posted", f"“{body}”"


def _tokens(proof: TextProof, t: Times) -> Iterator[tuple[str, str]]:
    """What the shared pace gave for each attempt, and when."""
    if not proof.attempts:
        yield "tokens", "none taken yet"
    for one in proof.attempts:
        if one.tokens_at is None or one.tokens is None or one.pace is None:
            yield "tokens", f"attempt {one.n}: not on record"
            continue
        block = "the one" if one.tokens == 1 else f"one of {one.tokens}"
        yield (
            "tokens",
            f"attempt {one.n}: {block} that its lane took {t.at(one.tokens_at)}, at {one.pace:.4g} texts a second",
        )


def _contact(proof: TextProof) -> str:
    """Who of them, and which by rank."""
    contacts = proof.profile.contacts if proof.profile is not None else ()
    known = next((one for one in contacts if one.contact_id == proof.contact_id), None)
    if known is None:
        return f"contact {proof.contact_id}"
    role = f", {known.role}" if known.role else ""
    return f"contact {proof.contact_id} (rank {known.rank}{role})"


def _customer(proof: TextProof) -> str:
    profile = proof.profile
    if profile is None:
        return f"{proof.customer_id}, who is not in the registry any more"
    more = f", importance {profile.importance}" + (", life support" if profile.life_support else "")
    more += f", account manager {profile.account_manager}" if profile.account_manager else ""
    return f"{profile.name} ({proof.customer_id}){more}"


def _touched(proof: TextProof) -> str:
    about = f"outage {', '.join(proof.mrids)}" if proof.mrids else "no outage"
    if proof.heard is None:
        return about
    by = []
    for matched in proof.heard.matched_by:
        kind, _, name = matched.partition(":")
        by.append(f"{KINDS.get(kind, kind)} {name}")
    touches = f"touches them by {', '.join(by)}" if by else "touches them"
    return f"{about}: {proof.heard.mrid} {touches if proof.heard.touched else 'touches them no more'}"


def _fact(proof: TextProof, t: Times) -> str:
    if proof.heard is None:
        return "not on record"
    heard = proof.heard
    cited = f", event {proof.fact}" if proof.fact else ""
    at = heard.recorded_at or heard.at
    return f"{heard.trigger}{cited}, on the broker {t.at(at)}; told as version {heard.outage_version} of the outage"


def _rule(proof: TextProof) -> str:
    policy = f"policy {proof.policy}" if proof.policy else "policy not on record"
    timing = proof.timing
    if timing is None:
        return f"{policy}; trigger {proof.trigger}"
    return f"{policy}; trigger {proof.trigger}: within {span(timing.due)}, of use for {span(timing.useful)} at most ({timing.why})"


def _times(proof: TextProof, t: Times) -> str:
    since = proof.known_at
    first = min((one.started_at for one in proof.attempts), default=None)
    known = f"known {t.at(since)}, " if since else ""
    waits_for = proof.meant.waits_for if proof.meant else None
    held = f", not before {t.at(proof.not_before)}{because(waits_for)}" if proof.not_before > proof.requested_at else ""
    taken = proof.taken.accepted_at if proof.taken else None
    # Attempts are timed by the machine's clock. Nothing is taken before it is posted, unless this system's own clock is a demo's.
    is_driven = first is not None and taken is not None and taken < first - DRIVEN
    begun = f"; first attempt {t.at(first)}" if first else ""
    begun += f" by the machine's clock, {t.at(taken)} by this system's" if is_driven else ""
    went = taken if is_driven else first
    left = proof.due_at - went if went else timedelta(0)
    late = f", {span(-left)} after it was due" if left < timedelta(0) else ""
    return f"{known}due {t.at(proof.due_at)}, of use until {t.at(proof.expires_at)}{held}{begun}{late}"


def attempt_rows(proof: TextProof, t: Times) -> list[tuple[Any, ...]]:
    """Every attempt."""
    return [
        (
            one.n,
            one.provider,
            one.owner,
            t.at(one.started_at),
            t.at(one.closed_at) if one.closed_at else None,
            one.http_status or ("2xx" if proof.found_by(one.n) == "answer" and one.what == "accepted" else None),
            _what(proof, one),
            one.fault,
            one.code,
            one.sid,
        )
        for one in proof.attempts
    ]


_FOUND: Mapping[str, str] = {"answer": "its answer", "callback": "a callback", "look-up": "a look-up in its list"}


def _what(proof: TextProof, one: ProvenAttempt) -> str:
    """What came of an attempt, and how that is known."""
    found = proof.found_by(one.n)
    return f"{one.what} by {_FOUND.get(found, found)}" if one.what == "accepted" and found else one.what


def proof_json(proof: TextProof) -> dict[str, Any]:
    """The same for programs."""
    heard = proof.heard
    return {
        "messageId": proof.message_id,
        "customerId": proof.customer_id,
        "contactId": proof.contact_id,
        "code": proof.ref,
        "body": proof.body,
        "forgotten": {"at": proof.forgotten[0], "rule": proof.forgotten[1]} if proof.forgotten else None,
        "state": proof.state,
        "withdrawn": proof.withdrawn,
        "mrids": list(proof.mrids),
        "why": {
            "reason": proof.reason,
            "matchedBy": list(heard.matched_by) if heard else None,
            "importance": proof.profile.importance if proof.profile else None,
            "lifeSupport": proof.profile.life_support if proof.profile else None,
            "accountManager": proof.profile.account_manager if proof.profile else None,
            "factType": heard.trigger if heard else None,
            "fact": proof.fact,
            "recordedAt": (heard.recorded_at or heard.at) if heard else None,
            "outageVersion": heard.outage_version if heard else None,
            "cause": proof.cause,
        },
        "policy": proof.policy,
        "rules": list(proof.rules),
        "trigger": proof.trigger,
        "templateId": proof.template,
        "templateVersion": proof.template_version,
        "language": proof.language,
        "lane": proof.lane,
        "knownAt": proof.known_at,
        "requestedAt": proof.requested_at,
        "notBefore": proof.not_before,
        "dueAt": proof.due_at,
        "expiresAt": proof.expires_at,
        "attempts": [
            {
                "n": one.n,
                "provider": one.provider,
                "owner": one.owner,
                "startedAt": one.started_at,
                "closedAt": one.closed_at,
                "outcome": one.what,
                "foundBy": proof.found_by(one.n),
                "httpStatus": one.http_status,
                "fault": one.fault,
                "providerCode": one.code,
                "providerSid": one.sid,
                "body": one.body,
                "tokensAt": one.tokens_at,
                "tokens": one.tokens,
                "pace": one.pace,
            }
            for one in proof.attempts
        ],
        "receipts": [{"at": one.at, "type": one.type, "code": one.code} for one in proof.receipts],
        "noReceipt": proof.taken.no_receipt if proof.taken else None,
        "failed": {"at": proof.failed.at, "reason": proof.failed.reason} if proof.failed else None,
        "carrier": proof.carrier,
        "barred": proof.barred,
        "wentOn": [
            {
                "attempt": one.attempt,
                "provider": one.provider,
                "unknownSince": one.unknown_since,
                "afterMinutes": one.after_minutes,
                "policy": one.policy,
            }
            for one in proof.went_on
        ],
        "carriedBy": proof.carried_by,
        "codeOnHandset": proof.posted_ref or proof.ref,
        "carries": [{"messageId": one.message_id, "customerId": one.customer_id} for one in proof.carries],
        "heldBy": proof.held_by,
        "supersedes": proof.supersedes,
        "supersededBy": proof.superseded_by,
    }
