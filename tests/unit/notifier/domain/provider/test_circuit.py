"""Whose fault a failure is: the table of codes, what each scope stops, and that no contact is ever charged for another's."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.twilio.api.errors import DELIVERY_FAILURES, MAGIC_FROM, MAGIC_TO, REFUSALS
from services.notifier.domain.provider.circuit import (
    DOUBTED_CONTACTS,
    LATER,
    PAUSES,
    SCOPES,
    SILENT_IN_A_ROW,
    Circuit,
    Claimable,
    FailureHistory,
    ProviderFault,
    RefusalHandling,
    fault_of,
    judge,
    next_probe,
    silence,
    stands_back,
    ways,
)
from services.notifier.domain.provider.code_rules import SCOPES as ALL_SCOPES
from services.notifier.domain.provider.port import SendRefused
from services.notifier.domain.provider.twilio_codes import ACCOUNT_STATUSES, CODES, refusal_rule

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
SENDER, OTHER = "Dongjiang", "+447700900500"
SHARED = Path(os.environ.get("OUTAGE_SHARED", Path(__file__).parents[6] / "shared"))
NOTE = SHARED / "notes" / "sms.md"
# What a code must be the fault of. Written out once more: the table decides whom a storm's texts are charged to.
SCOPE_OF = {
    "account": {20003, 20005, 20006, 20010, 20403, 20404, 21608, 21609, 30002, 30010, 30454, 63038},
    "sender": {21212, 21603, 21606, 21616, 21657, 21659, 21660, 21703, 21704, 30023, 30024, 30027, 30032, 30034},
    "region": {21408, 21612, 30450, 30453},
    "network": {20500, 20503},
    "throttle": {20429, 21611, 30001, 30017, 30036, 63017},
    "contact": {21211, 21217, 21266, 21421, 21610, 21614, 21635, 30003, 30004, 30005, 30006},
    "message": {21602, 21604, 21617, 30409, 35111, 35114, 90007},
    "doubtful": {20001, 30007, 30008, 30410, 30500, 32017},
}


def refused(code: int | None, status: int | None = 400) -> SendRefused:
    rule = refusal_rule(code, status)
    return SendRefused(reason=rule.reason, http_status=status, code=code, retry_after=None, scope=rule.scope)


def verdict(
    code: int,
    past: FailureHistory = FailureHistory(),  # noqa: B008 - frozen
    status: int = 400,
    contact: str = "c-1",
) -> RefusalHandling:
    return judge(refused(code, status), past, contact_id=contact, sender=SENDER, country="CN")


def circuit(fault: ProviderFault, due: bool = False) -> Circuit:
    at = NOW if due else NOW + timedelta(seconds=1)
    return Circuit(fault, "credentials-refused", "answer", NOW, NOW, 0, at)


@pytest.mark.parametrize("scope", SCOPE_OF)
def test_every_code_stands_in_the_table_with_what_is_at_fault(scope: str) -> None:
    assert {code for code, rule in CODES.items() if rule.scope == scope} == SCOPE_OF[scope]


def test_the_table_has_every_code_of_the_simulator() -> None:
    known = {*REFUSALS, *DELIVERY_FAILURES, *MAGIC_TO.values(), *MAGIC_FROM.values()}
    assert known - set(CODES) == set()


def test_the_table_has_every_code_of_the_notes() -> None:
    if not NOTE.exists():
        pytest.skip(
            f"THE CODES OF THE NOTES ARE NOT CHECKED: {NOTE.name} is absent; put the shared folder beside the project"
        )
    # Rows of its table of codes begin with one or more codes.
    rows = [line.split("|")[1] for line in NOTE.read_text().splitlines() if re.match(r"\| \d{5}", line)]
    codes = {int(code) for row in rows for code in re.findall(r"\b\d{5}\b", row)}
    assert len(codes) >= 30
    assert codes - set(CODES) == set()


def test_every_rule_has_a_scope_and_a_reason_of_its_own_kind() -> None:
    scopes: dict[str, str] = {}
    for code, rule in CODES.items():
        assert rule.scope in ALL_SCOPES, code
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.reason), code
        assert not (rule.scope == "message" and rule.resend != "never"), code
        scopes.setdefault(rule.reason, rule.scope)
    assert scopes["blocked"] in ("contact", "doubtful")


@pytest.mark.parametrize("scope", ["account", "sender", "region"])
def test_a_fault_of_the_providers_side_opens_its_circuit_and_the_text_waits(scope: str) -> None:
    for code in SCOPE_OF[scope]:
        found = verdict(code)
        assert found.text == "wait", code
        assert found.opens == {"account": ProviderFault("account"), "sender": ProviderFault("sender", SENDER)}.get(
            scope, ProviderFault("region", "CN")
        ), code


@pytest.mark.parametrize("status", sorted(ACCOUNT_STATUSES))
def test_401_403_and_404_are_the_accounts_whatever_their_code(status: int) -> None:
    found = verdict(99_999, status=status)
    assert (found.text, found.opens) == ("wait", ProviderFault("account"))


@given(
    code=st.one_of(st.sampled_from(sorted(CODES)), st.integers(10_000, 99_999)),
    status=st.integers(400, 499),
    doubts=st.integers(0, 3),
    doubted=st.frozensets(st.sampled_from(["c-1", "c-2", "c-3", "c-4"])),
    is_open=st.booleans(),
    silent=st.integers(0, 9),
)
def test_no_contact_is_ever_charged_with_anothers_fault(
    code: int, status: int, doubts: int, doubted: frozenset[str], is_open: bool, silent: int
) -> None:
    past = FailureHistory(doubts, doubted, frozenset({ProviderFault("account")}) if is_open else frozenset(), silent)
    given_up = verdict(code, past, status).text == "over"
    scope = refusal_rule(code, status).scope
    if given_up:
        assert scope in ("contact", "message", "doubtful")
    if given_up and scope == "doubtful":
        assert doubts
        assert not is_open
        assert len(doubted | {"c-1"}) < DOUBTED_CONTACTS
    if scope in ("contact", "message"):
        assert given_up


def test_an_unknown_code_is_tried_once_more_later_and_then_the_next_contacts_turn() -> None:
    first, second = verdict(99_999), verdict(99_999, FailureHistory(doubts=1, doubted=frozenset({"c-1"})))
    assert (first.text, first.opens) == ("later", None)
    assert (second.text, second.opens, second.reason) == ("over", None, "unlisted-code")


def test_an_unknown_code_on_three_contacts_with_no_success_between_is_the_providers() -> None:
    found = verdict(99_999, FailureHistory(doubted=frozenset({"c-2", "c-3"})))
    assert (found.text, found.opens) == ("wait", ProviderFault("account"))
    assert verdict(99_999, FailureHistory(doubted=frozenset({"c-1", "c-2"}))).opens is None, (
        "two contacts are not three"
    )


def test_while_the_accounts_circuit_is_open_an_unknown_code_charges_nobody() -> None:
    found = verdict(99_999, FailureHistory(doubts=5, open=frozenset({ProviderFault("account")})))
    assert found.text == "wait"


def test_a_text_that_may_itself_be_at_fault_is_not_probed_with_again_and_again() -> None:
    doubted = verdict(20001, FailureHistory(open=frozenset({ProviderFault("account")})))
    assert [stands_back(doubted, "doubtful", attempt) for attempt in (1, 2, 3)] == [LATER, 2 * LATER, 3 * LATER]
    assert stands_back(verdict(20003), "account", 3) == timedelta(0), "any text will do for a probe of the login"
    assert stands_back(verdict(99_999), "doubtful", 1) == LATER


def test_one_lost_connection_is_the_business_of_the_network_and_many_open_its_circuit() -> None:
    lost = SendRefused(reason="not-connected", http_status=None, code=None, retry_after=None, scope="network")
    once = judge(lost, FailureHistory(silent=1), contact_id="c-1", sender=SENDER, country="CN")
    often = judge(lost, FailureHistory(silent=SILENT_IN_A_ROW), contact_id="c-1", sender=SENDER, country="CN")
    assert (once.text, once.opens) == ("again", None)
    assert (often.text, often.opens) == ("again", ProviderFault("network"))
    assert silence(SILENT_IN_A_ROW - 1) is None
    assert silence(SILENT_IN_A_ROW) == ProviderFault("network")


def test_a_countrys_fault_stops_that_country_only_and_a_senders_that_sender_only() -> None:
    assert ProviderFault("region", "CN").stops(SENDER, "CN")
    assert not ProviderFault("region", "CN").stops(SENDER, "GB")
    assert ProviderFault("sender", SENDER).stops(SENDER, "CN")
    assert not ProviderFault("sender", SENDER).stops(OTHER, "CN")
    assert ProviderFault("account").stops(OTHER, "GB")
    assert fault_of("region", sender=SENDER, country=None) is None


def test_behind_an_open_circuit_nothing_is_claimed_until_a_probe_is_due() -> None:
    account = ProviderFault("account")
    assert ways([], SENDER, NOW) == Claimable("all")
    assert ways([circuit(account)], SENDER, NOW).open == "none"
    assert ways([circuit(account, due=True)], SENDER, NOW).open == "probe"
    assert ways([circuit(account, due=True), circuit(ProviderFault("network"))], SENDER, NOW).open == "none", (
        "one holds it back"
    )
    assert ways([circuit(ProviderFault("sender", OTHER))], SENDER, NOW) == Claimable("all"), "another's sender"


def test_a_barred_country_is_left_out_and_probed_on_its_own() -> None:
    china, britain = ProviderFault("region", "CN"), ProviderFault("region", "GB")
    assert ways([circuit(china), circuit(britain, due=True)], SENDER, NOW) == Claimable("all", ("CN", "GB"), ("GB",))
    account = circuit(ProviderFault("account"), due=True)
    assert ways([account, circuit(china)], SENDER, NOW) == Claimable("probe", ("CN",))


def test_where_all_customers_live_in_a_barred_country_a_text_to_there_probes_the_account() -> None:
    found = ways(
        [circuit(ProviderFault("account"), due=True), circuit(ProviderFault("region", "CN"), due=True)], SENDER, NOW
    )
    assert found == Claimable("probe", ("CN",), ("CN",)), "or no text could ever close the account's circuit"


@pytest.mark.parametrize("scope", SCOPES)
def test_pauses_between_probes_grow_to_their_longest(scope) -> None:
    first, longest = PAUSES[scope]
    pauses = [next_probe(scope, probes) for probes in range(60)]
    assert pauses[0] == first
    assert pauses == sorted(pauses)
    assert pauses[-1] == longest
