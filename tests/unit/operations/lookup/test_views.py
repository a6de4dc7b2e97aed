"""What a look-up reads of a live view is what the service shows: a name that changed on one side alone is missed here."""

import msgspec

from operations.lookup.views import ConversationView, NoticeView, OwedView, PlanView, SupplyView
from services.notifier.domain.customer.owing.words import Confirmation
from tests.kits.deciders import planner
from tests.kits.deciders.notifier import MINUTE
from tests.kits.deciders.notifier import at as instant
from tests.kits.deciders.notifier import started as off
from tests.kits.deciders.restorer import Outage, at, crew, part, reclassified, reported, started
from tests.kits.owed_words import promising

MORNING = instant(5, 9)


def names(view: type[msgspec.Struct]) -> set[str]:
    return set(view.__struct_encode_fields__)


def test_the_restorers_view_has_all_that_is_read_of_it() -> None:
    outage = Outage()
    outage.hears_all(
        reported(), started(ert=at("12:00")), crew("9:40"), part("10:00", "up-1"), reclassified("10:10", "fault")
    )
    shown = outage.view
    assert names(SupplyView) <= shown.keys()
    view = msgspec.convert(shown, SupplyView)
    assert (view.status, view.crew_status, view.ert) == ("partiallyRestored", "arrived", at("12:00"))
    assert view.steps[0].restored.usage_points == ("up-1",)
    assert names(type(view.steps[0])) <= shown["steps"][0].keys()
    assert names(type(view.ert_history[0])) <= shown["ertHistory"][0].keys()
    assert view.episodes[-1].number == 1


def test_the_planners_view_has_all_that_is_read_of_it() -> None:
    stream = planner.Stream()
    stream.hears_all([planner.request()])
    shown = msgspec.json.decode(msgspec.json.encode(planner.PLANNER.view(stream.state)))
    assert names(PlanView) <= shown.keys()
    assert names(NoticeView) <= shown["notice"].keys()
    assert msgspec.convert(shown, PlanView).notice is not None


def test_a_conversation_has_all_that_is_read_of_it() -> None:
    city = promising(MORNING, accept=False)
    city.hears(off(when=MORNING))
    city.hears(Confirmation(customer_id="hospital", how="call", at=MORNING))
    city.hears(off("F2", MORNING + MINUTE))
    shown = city.deciders["customer"].view(city.of())
    assert names(ConversationView) - {"promises"} <= shown.keys()
    city = promising(MORNING, accept=False)
    city.hears(off(when=MORNING))
    shown = city.deciders["customer"].view(city.of())
    view = msgspec.convert(shown, ConversationView)
    assert [(one.obligation, one.state) for one in view.promises] == [("first-word", "open")]
    assert names(OwedView) <= shown["promises"][0].keys()
