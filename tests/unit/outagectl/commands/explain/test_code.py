"""The hotline's answer to the code at the end of a text: whose it is, which texts bear it, why, and how far each came."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operations.lookup.named import NamedThing
from operations.lookup.result import CodedText, LookupResult, RecentText
from operations.times import Times
from outagectl.commands.explain.english import answer
from tests.kits.deciders.notifier import customer
from tests.kits.kernel.toy import START

NOW = START
HOSPITAL = NamedThing("text", "K7M2X", frozenset(), ("hospital",), "of 东江医院 (hospital), about F-1")
SCHOOL = NamedThing("text", "K7M2X", frozenset(), ("school",), "of 实验小学 (school), about F-9")


def text(number: int, **changes: Any) -> CodedText:
    given: dict[str, Any] = {
        "message_id": f"m-{number}",
        "customer_id": "hospital",
        "contact_id": "hospital-duty",
        "mrids": ["F-1"],
        "trigger": "fault",
        "state": "delivered",
        "body": f"Text {number}, ref K7M2X.",
        "requested_at": NOW - timedelta(hours=3 - number),
        "closed_at": None,
        "why": "power-is-off",
    }
    return CodedText(**(given | changes))


def said(*texts: CodedText, known: tuple[NamedThing, ...] = (HOSPITAL,), others: tuple[RecentText, ...] = ()) -> str:
    found = LookupResult("K7M2X", NOW, list(known), texts=[*texts, *others], coded=list(texts))
    return "\n".join(line.text for line in answer(found, Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")))


def test_a_code_tells_whose_outage_it_is_and_its_texts_with_why_and_how_far_each_came() -> None:
    shown = said(text(1), text(2, trigger="ert-changed", state="suppressed", why="later-than-told", ended="superseded"))
    assert "Texts with the code K7M2X of 东江医院 (hospital), about F-1" in shown
    assert "power off, back about … [on the handset]" in shown
    assert "later than we said [not sent: no longer needed (superseded)]" in shown
    assert "because of power-is-off" in shown
    assert shown.count("Text 1, ref K7M2X.") == 1, "and not a second time among the other texts"
    assert "Other texts to them in the last 7 days\n  none" in shown


def test_who_looks_after_the_customer_is_named_with_the_code() -> None:
    owner = NamedThing("text", "K7M2X", frozenset(), ("hospital",), "of 东江医院", (customer(account_manager="林涛"),))
    assert "account manager of 东江医院: 林涛" in said(text(1), known=(owner,))


def test_a_code_of_two_customers_shows_both_and_has_the_agent_ask() -> None:
    shown = said(text(1), text(2, customer_id="school", mrids=["F-9"]), known=(HOSPITAL, SCHOOL))
    assert "2 customers have texts with this code: ask who calls." in shown
    assert shown.index("东江医院") < shown.index("实验小学")
