"""What a stream's log says of it: promises without a verdict, and where a view differs."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from operations.audit.replay import open_promises, view_difference
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.promises import Promise
from services.kernel.model import Decider, Event
from services.notifier.domain.outage.decider import NotifierOutage
from services.notifier.domain.outage.informed_promise import OBLIGATION
from services.restorer.domain.decider import RestorerOutage
from tests.kits.deciders.planner import CALENDAR, PLANNER, POLICY
from tests.kits.kernel.toy import KettleDecider
from tests.kits.promises import START, lives, made

OUTAGE = "outage/F-1"


@pytest.mark.parametrize("decider", [PLANNER, RestorerOutage(POLICY, CALENDAR), NotifierOutage()])
@given(words=lives())
def test_a_promise_is_open_where_the_view_shows_no_verdict(decider: Decider[Any], words: list[Promise]) -> None:
    state = decider.initial(OUTAGE)
    for version, word in enumerate([made(obligation=OBLIGATION), *words[1:]], start=1):
        event = Event(OUTAGE, version, UUID(int=version), TYPE_OF[type(word)], word, START, "x", "y")
        state = decider.evolve(state, event)
    (shown,) = decider.view(state)["promises"]
    found = [(one.promise_id, one.due_at.strftime("%Y-%m-%dT%H:%M:%SZ")) for one in open_promises(decider, state)]
    waits = shown["state"] in {"open", "atRisk"}
    assert found == ([(shown["promiseId"], shown["dueAt"])] if waits else [])


def test_a_stream_that_makes_no_promise_has_none_open() -> None:
    kettle = KettleDecider()
    assert open_promises(kettle, kettle.initial("outage/o1")) == []


def test_where_two_views_differ_is_named_by_their_parts() -> None:
    assert view_difference('{"a":1,"b":2}', '{"a":1,"b":3,"c":4}') == "b, c"
