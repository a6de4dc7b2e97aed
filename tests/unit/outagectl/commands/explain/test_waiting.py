"""What a customer is not told at present is named with its reason, and until when."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult, RecentText
from operations.times import Times
from outagectl.commands.explain.english import answer
from services.notifier.domain.customer.conversation import HeldBack
from tests.kits.kernel.toy import START

NOW = START
ZONE = ZoneInfo("Asia/Shanghai")


def shown(one: LookupResult) -> str:
    return "\n".join(line.text for line in answer(one, Times(ZONE, "Asia/Shanghai")))


def test_words_held_back_because_enough_was_said_are_named_with_their_reason() -> None:
    held = HeldBack("unstable", NOW + timedelta(minutes=40))
    one = LookupResult("KC-01", NOW, [NamedThing("customer", "KC-01", frozenset(), ("KC-01",))], hushed=[held])
    assert "talked-enough" in shown(one)


def test_words_that_wait_for_the_morning_are_named_with_their_reason_and_until_when() -> None:
    held = HeldBack("fault", NOW + timedelta(hours=4), "next-word")
    known = [NamedThing("customer", "KC-01", frozenset(), ("KC-01",))]
    text = shown(LookupResult("KC-01", NOW, known, hushed=[held]))
    assert "waits for the morning: nobody reads texts at night there (next-word): what is so is told by" in text


def test_a_text_about_later_work_says_that_it_waits_and_until_when() -> None:
    text = RecentText(
        message_id="m1",
        customer_id="KC-01",
        contact_id="duty",
        mrids=["P1"],
        trigger="planned-notice",
        state="ready",
        body="…",
        requested_at=NOW,
        closed_at=None,
        not_before=NOW + timedelta(hours=4),
        changes_at=NOW + timedelta(days=9),
    )
    known = [NamedThing("customer", "KC-01", frozenset(), ("KC-01",))]
    assert ": later work]" in shown(LookupResult("KC-01", NOW, known, texts=[text]))
    gone = replace(text, state="accepted")
    assert "later work" not in shown(LookupResult("KC-01", NOW, known, texts=[gone]))
