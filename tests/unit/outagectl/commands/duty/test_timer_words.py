"""Deadlines in words, and why one that is due has not come."""

from datetime import timedelta

import pytest

from operations.times import Times
from outagectl.commands.duty.timer_words import what, why_late
from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseMade
from tests.kits.kernel.toy import START

T = Times()
PROMISE = PromiseMade(
    promise_id="f1/r/1",
    obligation="crew-on-site",
    rule=RuleRef(policy_id="p", policy_version="1", rule_id="r"),
    measured_from=START,
    at_risk_at=START,
    due_at=START,
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("promise/f1/r/1/due", "the promise breaks unless it is kept by then: no crew on site"),
        ("promise/f1/r/1/at-risk", f"warning: a crew on site is promised by {T.text(START.isoformat())}"),
        ("close", "the outage is closed, if the power stays on till then"),
        ("say/f1", "what we told them about f1 runs out: the next text is due"),
        ("expire/4dba8db6-3b56", "text 4dba8db6… (“power back”) is dropped, unless it has gone out by then"),
    ],
)
def test_every_kind_of_timer_has_words(name: str, said: str) -> None:
    assert what(name, PROMISE, "restored", T) == said


def test_a_timer_of_a_later_version_is_named_as_it_is() -> None:
    assert what("moon/phase", None, None, T) == "moon/phase (this version has no words for it)"


def test_a_promise_whose_making_is_not_found_still_reads() -> None:
    assert "what was promised" in what("promise/x/due", None, None, T)


def test_why_a_late_timer_waits_names_the_way_on() -> None:
    hour = timedelta(hours=1)
    parked = why_late("restorer", START, "q-1", START + hour, "outage.dispatch[3]", T)
    assert "outagectl quarantine show q-1" in parked
    behind = why_late("restorer", START, None, START - hour, "outage.dispatch[3]", T)
    assert f"outage.dispatch[3] is read up to {T.at(START - hour)}" in behind
    assert "outagectl offsets show" in behind
    assert "is the restorer running?" in why_late("restorer", START, None, START + hour, "outage.dispatch[3]", T)
    assert "has read nothing yet" in why_late("restorer", START, None, None, None, T)
