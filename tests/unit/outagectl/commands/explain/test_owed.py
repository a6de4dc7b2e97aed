"""The hotline's answer names what a customer was promised and has not had, and whether they said that they know."""

from datetime import timedelta

from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult
from operations.lookup.views import OwedView
from operations.times import Times
from outagectl.commands.explain.english import answer
from tests.kits.kernel.toy import START


def test_what_was_promised_to_them_and_not_given_is_named_and_that_they_know() -> None:
    owed = [OwedView("next-word", START + timedelta(minutes=5), "atRisk"), OwedView("first-word", START, "broken")]
    hospital = NamedThing("customer", "hospital", frozenset(), ("hospital",))
    asked = LookupResult("hospital", START, [hospital], owed=owed, confirmed_at=START)
    text = "\n".join(line.text for line in answer(asked, Times()))
    assert "the customer not told that power is off by" in text
    assert "the customer's next word by" in text
    assert ": at risk" in text
    assert "they know, since" in text
