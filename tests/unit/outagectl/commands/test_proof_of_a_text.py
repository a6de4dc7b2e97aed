"""`outagectl show message`: all that proves a text in words a stranger can follow, and no telephone number."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from operations.history.proof import Became, CarriedText, ProvenAttempt, TextProof
from operations.times import Times
from outagectl.commands.show.proof_text import attempt_rows, lines, proof_json
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.messages import MessageAccepted
from services.notifier.domain.events import TextGoesOn
from tests.kits.deciders.notifier import LINE, at, customer

T = Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")
HEARD = CustomerTouched(
    customer_id="hospital",
    mrid="F1",
    outage_version=2,
    touched=True,
    matched_by=(f"line:{LINE}", "usagePoint:up-1"),
    outage_class="fault",
    status="out",
    trigger="outage.started.v1",
    recorded_at=at(5, 9, 13),
    at=at(5, 9, 13),
)
ATTEMPT = ProvenAttempt(1, "twilio", 7, at(5, 9, 14), at(5, 9, 15), "not-created", 429, 20429, None, "throttle")
TAKEN = replace(ATTEMPT, n=2, what="accepted", http_status=201, code=None, sid="SM1", fault=None)


def proof(**changes: Any) -> TextProof:
    given: dict[str, Any] = {
        "message_id": "m-1",
        "customer_id": "hospital",
        "contact_id": "hospital-duty",
        "ref": "K7M2X",
        "body": "Power is off, ref K7M2X.",
        "mrids": ["F1"],
        "trigger": "fault",
        "lane": "critical",
        "state": "delivered",
        "withdrawn": None,
        "reason": "power-is-off",
        "template": "zh-CN/fault",
        "template_version": 2,
        "language": "zh-CN",
        "requested_at": at(5, 9, 14),
        "known_at": at(5, 9, 13),
        "not_before": at(5, 9, 14),
        "due_at": at(5, 9, 24),
        "expires_at": at(5, 11, 14),
        "attempts": [ATTEMPT, TAKEN],
        "version": 3,
        "supersedes": "m-0",
        "superseded_by": "m-2",
        "policy": "cn-service-standard 2",
        "meant": None,
        "profile": customer(importance="special", life_support=True, account_manager="林涛"),
        "cause": "/outage/notifier/x",
        "heard": HEARD,
        "fact": "/dispatch/east/7",
        "became": [Became(at(5, 9, 16), "message.delivered.v1", "delivered", by_receipt=True)],
    }
    return TextProof(**(given | changes))


def said(one: TextProof) -> dict[str, str]:
    return dict(lines(one, T))


def test_it_says_why_this_customer_by_which_fact_and_which_rule() -> None:
    shown = said(proof())
    assert (
        shown["to"]
        == "contact hospital-duty (rank 1) of 东江医院 (hospital), importance special, life support, account manager 林涛"
    )
    assert shown["because of"] == f"outage F1: F1 touches them by line {LINE}, usage point up-1"
    assert shown["fact"].startswith("outage.started.v1, event /dispatch/east/7, on the broker 2026-03-05 09:13")
    assert "power-is-off" in shown["decided"]
    assert shown["rule"].startswith(
        "policy cn-service-standard 2; trigger fault: within 10 min, of use for 2 h at most ("
    )
    assert shown["template"] == "zh-CN/fault version 2, occasion fault"
    assert (shown["supersedes"], shown["superseded by"]) == ("m-0", "m-2")
    assert shown["lane"].startswith("critical")


def test_every_attempt_is_shown_with_its_owner_times_http_status_and_whose_fault_it_was() -> None:
    first, second = attempt_rows(proof(), T)
    assert (first[0], first[2], *first[5:]) == (1, 7, 429, "not-created", "throttle", 20429, None)
    assert (second[0], second[2], *second[5:]) == (2, 7, 201, "accepted", None, None, "SM1")


def test_a_text_that_went_late_says_by_how_much() -> None:
    late = replace(ATTEMPT, started_at=at(5, 9, 30))
    assert "6 min after it was due" in said(proof(attempts=[late]))["times"]
    assert "after it was due" not in said(proof())["times"]
    assert "not before" in said(proof(not_before=at(5, 9, 14) + timedelta(hours=8)))["times"]


def test_where_the_clock_is_a_demos_no_text_is_late_by_the_machines() -> None:
    half_a_year_on = replace(TAKEN, started_at=at(5, 9, 14) + timedelta(days=180))
    accepted = MessageAccepted(
        message_id="m-1",
        customer_id="hospital",
        attempt=2,
        provider="twilio",
        provider_sid="SM1",
        accepted_at=at(5, 9, 15),
    )
    times = said(proof(attempts=[half_a_year_on], taken=accepted))["times"]
    assert "after it was due" not in times
    assert "by the machine's clock, 2026-03-05 09:15:00 by this system's" in times


def test_what_a_version_before_did_not_write_down_is_not_made_up() -> None:
    bare = proof(heard=None, fact=None, policy=None, template=None, known_at=None, profile=None, supersedes=None)
    shown = said(bare)
    assert shown["fact"] == "not on record"
    assert shown["rule"].startswith("policy not on record")
    assert shown["to"].endswith("hospital, who is not in the registry any more")
    assert shown["supersedes"] == "nothing"
    assert proof_json(bare)["why"]["matchedBy"] is None


def test_programs_read_the_same_and_no_number_is_in_it() -> None:
    document = msgspec.json.decode(msgspec.json.encode(proof_json(proof()), enc_hook=str))
    assert document["why"]["matchedBy"] == [f"line:{LINE}", "usagePoint:up-1"]
    assert [one["httpStatus"] for one in document["attempts"]] == [429, 201]
    assert document["receipts"][0]["type"] == "message.delivered.v1"
    assert "+" not in msgspec.json.encode(document["attempts"]).decode()


def test_it_says_who_carries_it_and_why_nobody_may() -> None:
    assert said(proof(carrier="sms-gateway"))["provider"] == "sms-gateway"
    assert said(proof(carrier="twilio", barred="no-urls-there"))["provider"].startswith("none may carry it")
    assert "provider" not in said(proof())
    assert proof_json(proof(carrier="twilio"))["carrier"] == "twilio"


def test_that_it_went_by_another_provider_though_one_may_have_it_stands_there_with_the_rule() -> None:
    went = TextGoesOn(
        message_id="m-1",
        customer_id="hospital",
        attempt=1,
        provider="twilio",
        unknown_since=at(5, 9, 15),
        after_minutes=10.0,
        policy="cn-service-standard 2",
        look_again_at=at(5, 9, 35),
        at=at(5, 9, 25),
    )
    shown = said(proof(went_on=(went,)))["goes on"]
    assert shown.startswith("By cn-service-standard 2, critical_goes_on_after: twilio said nothing of attempt 1")
    assert "for 10 min (since 09:15" in shown or "for 10 min (since 2026-03-05 09:15" in shown
    assert shown.endswith("another provider sends it, and it may arrive twice")
    (told,) = proof_json(proof(went_on=(went,)))["wentOn"]
    assert told["provider"] == "twilio"


def test_what_the_pace_gave_stands_there_for_each_attempt_and_what_is_not_on_record_is_called_so() -> None:
    block = replace(TAKEN, tokens_at=at(5, 9, 14), tokens=25, pace=100.0)
    told = [words for label, words in lines(proof(attempts=[ATTEMPT, block]), T) if label == "tokens"]
    assert told == [
        "attempt 1: not on record",
        "attempt 2: one of 25 that its lane took 2026-03-05 09:14:00, at 100 texts a second",
    ]
    assert said(proof(attempts=[]))["tokens"] == "none taken yet"
    assert proof_json(proof(attempts=[block]))["attempts"][0]["tokens"] == 25


def test_one_text_for_several_sites_says_for_whom_it_speaks_and_what_was_posted() -> None:
    posted = replace(TAKEN, body="Power is off at your 2 sites (a; b), ref K7M2X.")
    leads = said(proof(attempts=[posted], carries=[CarriedText("m-9", "school")]))
    assert leads["speaks for"] == "2 sites of one telephone: its own, and those of school (text m-9)"
    assert leads["posted"].startswith("“Power is off at your 2 sites")
    follows = said(proof(attempts=[posted], carried_by="m-8"))
    assert follows["goes with"].startswith("text m-8: one text for several sites of one telephone")
    assert proof_json(proof(carried_by="m-8"))["carriedBy"] == "m-8"


def test_a_text_that_waits_for_approval_says_for_which_send() -> None:
    assert said(proof(attempts=[], held_by="S-F1"))["held"].startswith("until somebody approves S-F1")
    assert "held" not in said(proof())


def taken_by(how: Literal["answer", "look-up"]) -> MessageAccepted:
    return MessageAccepted(
        message_id="m-1",
        customer_id="hospital",
        attempt=2,
        provider="twilio",
        provider_sid="SM1",
        accepted_at=at(5, 9, 15),
        found_by=how,
    )


def test_it_is_said_how_we_know_that_the_provider_took_an_attempt() -> None:
    bare = replace(TAKEN, http_status=None)
    answered = attempt_rows(proof(attempts=[ATTEMPT, bare], taken=taken_by("answer")), T)
    assert answered[1][5:7] == ("2xx", "accepted by its answer")
    assert answered[0][5:7] == (429, "not-created")
    looked_up = attempt_rows(proof(attempts=[bare], taken=taken_by("look-up")), T)
    assert looked_up[0][5:7] == (None, "accepted by a look-up in its list")


def test_of_a_text_that_went_with_another_the_code_on_the_handset_stands_beside_its_own() -> None:
    follows = proof(carried_by="m-8", posted_ref="F273W")
    assert said(follows)["code"] == "K7M2X (on the handset F273W, that of the text it goes with)"
    assert proof_json(follows)["codeOnHandset"] == "F273W"
    assert proof_json(proof())["codeOnHandset"] == "K7M2X"
