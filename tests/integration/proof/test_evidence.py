"""An evidence bundle proves an outage's story without a database, and no byte of it can be another."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.errors import Refused
from operations.evidence.collect import seal
from operations.evidence.form import Bundle, Proven, Sealed, canonical, digest_of, parse, read
from operations.evidence.verify import verify_bundle
from operations.system.signing_key import find_key
from services.kernel.model import Event
from services.kernel.proof.heads import key_id, open_head, read_head
from services.kernel.streams.log import link
from tests.kits.stack.evidence import Bundles, make_bundles

ROOT = Path(__file__).parents[3]
Change = Callable[[Proven], Proven]


@pytest.fixture(scope="module")
def case(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundles]:
    folder = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTAGE_OPERATOR", "chen")
        yield asyncio.run(make_bundles(postgres, folder, patch))


def faults(sealed: Sealed, case: Bundles) -> list[str]:
    return [text for check in verify_bundle(sealed, case.keys).checks for text in check.faults]


def forged(bundle: Bundle) -> Sealed:
    without = msgspec.structs.replace(bundle, key_id=None)
    return Sealed(bundle=without, digest=digest_of(without), signature=None)


def test_a_bundle_is_verified_with_nothing_but_the_public_key(case: Bundles, tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")} | {
        "PYTHONPATH": str(ROOT)
    }
    done = subprocess.run(
        [sys.executable, "-m", "outagectl", "evidence", "verify", str(case.file), "--key", str(case.public)],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Outage F-1, bundled by chen" in done.stdout
    assert "anchored since" in done.stdout
    assert "not yet anchored" in done.stdout
    assert "provider ids the log knows" in done.stdout
    assert "in the sender's table only" not in done.stdout


def test_it_holds_the_whole_story_the_rules_and_no_number(case: Bundles) -> None:
    bundle = case.sealed.bundle
    assert {event.service for event in bundle.events} == {"restorer", "notifier"}
    assert {event.stream_id for event in bundle.events} == {"outage/F-1", "customer/KC-01", "customer/KC-02"}
    assert {
        "outage.started.v1",
        "promise.made.v1",
        "cause.cleared.v1",
        "message.requested.v1",
        "message.accepted.v1",
    } <= {event.type for event in bundle.events}
    assert "customer.upserted.v1" not in {event.type for event in bundle.events}
    assert [one.policy_id for one in bundle.policies] == ["cn-service-standard"]
    assert "cn.fault" in (bundle.policies[0].content or "")
    assert [text.attempts[0].outcome for text in bundle.messages] == ["accepted"] * 2
    assert b"+4477009" not in canonical(bundle)
    assert b"7700900" not in canonical(bundle)
    loose = [event.type for event in bundle.events if event.proof is None]
    assert "cause.cleared.v1" in loose
    assert f"{len(loose)} not yet anchored" in case.said.replace("\n", " ")


def test_a_bundle_for_one_customer_names_no_other(case: Bundles) -> None:
    sealed = read(case.one_customer)
    assert faults(sealed, case) == []
    assert {text.customer_id for text in sealed.bundle.messages} == {"KC-02"}
    assert b"KC-01" not in canonical(sealed)
    assert all(event.proof is not None for event in sealed.bundle.events), "signed just before"


def test_a_bundle_for_one_customer_holds_the_matters_of_nobody_else(case: Bundles) -> None:
    sealed = read(case.one_customer)
    (complaint,) = [event for event in sealed.bundle.events if event.type == "complaint.received.v1"]
    assert (complaint.data, complaint.cause) == (None, "")
    assert "王女士".encode() not in canonical(sealed)
    assert b"C-7" not in canonical(sealed)


def test_a_bundle_of_the_whole_outage_holds_what_people_said_without_their_numbers(case: Bundles) -> None:
    assert "王女士".encode() in canonical(case.sealed)
    assert b"13800138000" not in canonical(case.sealed)


def test_content_withheld_from_a_bundle_of_the_whole_outage_is_a_fault(case: Bundles) -> None:
    bundle = case.sealed.bundle
    events = tuple(
        msgspec.structs.replace(e, data=None) if e.type == "complaint.received.v1" else e for e in bundle.events
    )
    forged = msgspec.structs.replace(case.sealed, bundle=msgspec.structs.replace(bundle, events=events))
    assert any("its content is missing" in fault for fault in faults(forged, case))


def test_a_bundle_with_neither_seal_nor_head_proves_nothing(case: Bundles) -> None:
    """Whoever has it can make any event, hash it and put it in."""
    report = verify_bundle(read(case.early), case.keys)
    assert not report.passed
    checks = {(check.service, check.name): check for check in report.checks}
    assert set(checks["restorer", "events"].notes) == {"not yet anchored"}
    assert "anybody may have made it up" in checks["restorer", "anchors"].faults[0]
    (note,) = checks["bundle", "seal"].notes
    assert note.startswith("no signature")


def test_who_takes_seal_and_newest_head_away_cannot_tell_another_end(case: Bundles) -> None:
    """The hash chain has no key: an end that no head covers could be written anew by anybody."""
    bundle = case.sealed.bundle
    last = bundle.events[-1]
    row = Event(
        last.stream_id, last.version, UUID(last.event_id), last.type, None, last.decided_at, last.cause, "made-up"
    )
    chain = link(bytes.fromhex(last.previous or ""), row, last.data.encode()).hex()
    told = msgspec.structs.replace(last, reason="made-up", chain=chain, proof=None)
    heads = tuple(
        msgspec.structs.replace(one, heads=one.heads[:1]) if one.service == last.service else one
        for one in bundle.heads
    )
    found = faults(forged(msgspec.structs.replace(bundle, events=(*bundle.events[:-1], told), heads=heads)), case)
    assert f"{told.name}: no signed head covers it and no key sealed the bundle: anybody may have made it up" in found
    emptied = tuple(msgspec.structs.replace(one, proof=None) for one in bundle.events)
    assert len(faults(forged(msgspec.structs.replace(bundle, events=emptied, heads=())), case)) >= len(emptied)


def test_one_flipped_byte_anywhere_is_found(case: Bundles) -> None:
    raw = canonical(case.sealed) + b"\n"
    dice = random.Random(7)
    for at in [*range(100), *dice.sample(range(len(raw)), 700)]:
        flipped = raw[:at] + bytes([raw[at] ^ (1 << dice.randrange(8))]) + raw[at + 1 :]
        try:
            found = faults(parse(flipped), case)
        except (ValueError, RecursionError):
            continue
        assert found, f"byte {at}: {raw[max(0, at - 30) : at + 30]!r}"


def _hex(text: str | None) -> str:
    return ("0" if (text or "1")[0] != "0" else "1") + (text or "0" * 64)[1:]


CHANGES: dict[str, Change] = {
    "data": lambda e: msgspec.structs.replace(e, data=e.data[:-1] + " }"),
    "type": lambda e: msgspec.structs.replace(e, type=e.type + "x"),
    "cause": lambda e: msgspec.structs.replace(e, cause=e.cause + "x"),
    "reason": lambda e: msgspec.structs.replace(e, reason=e.reason + "x"),
    "decided_at": lambda e: msgspec.structs.replace(e, decided_at=e.decided_at - timedelta(days=1)),
    "event_id": lambda e: msgspec.structs.replace(e, event_id=_hex(e.event_id)),
    "version": lambda e: msgspec.structs.replace(e, version=e.version + 1),
    "stream_id": lambda e: msgspec.structs.replace(e, stream_id=e.stream_id + "0"),
    "chain": lambda e: msgspec.structs.replace(e, chain=_hex(e.chain)),
    "previous": lambda e: msgspec.structs.replace(e, previous=_hex(e.previous)),
    "service": lambda e: msgspec.structs.replace(e, service="planner"),
    "proof": lambda e: msgspec.structs.replace(e, proof=None),
    "index": lambda e: msgspec.structs.replace(e, proof=msgspec.structs.replace(e.proof, index=e.proof.index ^ 1)),
    "head": lambda e: msgspec.structs.replace(e, proof=msgspec.structs.replace(e.proof, head=2)),
    "position": lambda e: msgspec.structs.replace(e, position=e.position + 10_000),
    "path": lambda e: msgspec.structs.replace(
        e, proof=msgspec.structs.replace(e.proof, path=(_hex(e.proof.path[0]), *e.proof.path[1:]))
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_forged_event_is_named_though_the_digest_fits(case: Bundles, what: str) -> None:
    bundle = case.sealed.bundle
    anchored = [n for n, event in enumerate(bundle.events) if event.proof is not None]
    loose = len(bundle.events) - len(anchored)
    assert len(faults(forged(bundle), case)) == loose, "unsealed it still proves the events under heads"
    for at in anchored:
        changed = CHANGES[what](bundle.events[at])
        events = (*bundle.events[:at], changed, *bundle.events[at + 1 :])
        found = faults(forged(msgspec.structs.replace(bundle, events=events)), case)
        assert any(text.startswith(changed.name) for text in found), (at, what, found)


def test_an_event_hashed_anew_with_all_after_it_does_not_reach_the_signed_root(case: Bundles) -> None:
    """The strongest forger without the key: content changed, its chain recomputed, digest recomputed."""
    bundle = case.sealed.bundle
    for at, event in enumerate(bundle.events):
        if event.proof is None:
            continue
        row = Event(
            event.stream_id,
            event.version,
            UUID(event.event_id),
            event.type,
            None,
            event.decided_at,
            event.cause,
            "otherwise",
        )
        chain = link(bytes.fromhex(event.previous or ""), row, event.data.encode()).hex()
        changed = msgspec.structs.replace(event, reason="otherwise", chain=chain)
        events = (*bundle.events[:at], changed, *bundle.events[at + 1 :])
        found = faults(forged(msgspec.structs.replace(bundle, events=events)), case)
        assert f"{changed.name}: it is not the event that was signed under head 1" in found


def test_what_was_left_out_or_put_in_is_found(case: Bundles) -> None:
    bundle = case.sealed.bundle
    own = next(n for n, e in enumerate(bundle.events) if e.stream_id == "outage/F-1" and e.version == 2)
    asked = next(n for n, e in enumerate(bundle.events) if e.type == "message.requested.v1")

    def without(at: int) -> Bundle:
        return msgspec.structs.replace(bundle, events=(*bundle.events[:at], *bundle.events[at + 1 :]))

    assert any("version 2 is due here" in text for text in faults(forged(without(own)), case))
    assert any("no event asks for text" in text for text in faults(forged(without(asked)), case))
    twice = msgspec.structs.replace(bundle, events=(bundle.events[0], *bundle.events))
    assert any("or twice" in text for text in faults(forged(twice), case))
    other = msgspec.structs.replace(bundle, outage="F-2")
    assert any("nothing to do with outage F-2" in text for text in faults(forged(other), case))
    assert any("said to lie under head 1" in t for t in faults(forged(msgspec.structs.replace(bundle, heads=())), case))
    assert faults(
        Sealed(bundle=without(len(bundle.events) - 1), digest=case.sealed.digest, signature=case.sealed.signature), case
    )
    stripped = Sealed(bundle=bundle, digest=case.sealed.digest, signature=None)
    assert any("signature is missing" in text for text in faults(stripped, case))


def test_rules_and_texts_are_held_to_what_the_events_say(case: Bundles) -> None:
    bundle = case.sealed.bundle
    policy = msgspec.structs.replace(bundle.policies[0], content=(bundle.policies[0].content or "") + "#")
    text = msgspec.structs.replace(bundle.messages[0], body="All is well.")
    for change, words in (
        ({"policies": (policy,)}, "is not that of version"),
        ({"policies": ()}, "not those that the events name"),
        ({"calendars": ()}, "calendars listed are not"),
        ({"messages": (text, *bundle.messages[1:])}, "is not the one that the log asked for"),
        ({"messages": bundle.messages[1:]}, "which is not listed"),
        ({"events": (), "heads": ()}, "there is no event in it"),
    ):
        found = faults(forged(msgspec.structs.replace(bundle, **change)), case)
        assert any(words in one for one in found), (words, found)


def test_another_key_is_not_trusted(case: Bundles) -> None:
    stranger = Ed25519PrivateKey.generate()
    keys = {key_id(stranger.public_key()): stranger.public_key()}
    texts = [text for check in verify_bundle(case.sealed, keys).checks for text in check.faults]
    assert any("which was not given" in text for text in texts)
    resealed = seal(msgspec.structs.replace(case.sealed.bundle, key_id=next(iter(keys))), stranger)
    texts = [text for check in verify_bundle(resealed, keys).checks for text in check.faults]
    assert any("head 1 of restorer is signed by key" in text for text in texts), "a new seal does not make new heads"
    head = case.sealed.bundle.heads[0].heads[0]
    assert open_head(head, case.keys) == read_head(head)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace('{"bundle":{', '{"bundle":{"extra":1,', 1),
        lambda t: t.replace('"format":"outage-evidence.v1",', "", 1),
        lambda t: t.replace('"format":"outage-evidence.v1",', '"format":"outage-evidence.v1",' * 2, 1),
        lambda t: t.replace('"customer":null,', "", 1),
        lambda t: t.replace('"customer":null,', '"customer": null,', 1),
        lambda t: t.replace("outage-evidence.v1", "outage-evidence.v2", 1),
        lambda t: t + " ",
        lambda t: t[:-1],
        lambda t: json.dumps(json.loads(t)),
        lambda _: "[]",
        lambda _: "",
    ],
)
def test_any_text_but_the_canonical_one_is_refused(case: Bundles, tmp_path: Path, change: Callable[[str], str]) -> None:
    text = (canonical(case.sealed) + b"\n").decode()
    changed = change(text)
    assert changed != text
    file = tmp_path / "changed.json"
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(Refused, match="is not an evidence bundle"):
        read(file)


def test_a_seal_and_a_head_cannot_be_passed_off_as_each_other(case: Bundles) -> None:
    key = find_key(case.private)
    assert key is not None
    head = case.sealed.bundle.heads[0].heads[0]
    with_head = Sealed(bundle=case.sealed.bundle, digest=case.sealed.digest, signature=head.signature)
    assert any("the seal is not the signature" in text for text in faults(with_head, case))
