"""Power is back: said once all is known that could contradict it, on whatever partition the words travel."""

from datetime import datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, OutageReopened
from schemas.contracts.messages import ContactUnreached
from services.kernel.model import TimerFired
from services.notifier.app import Notifier
from services.notifier.domain.customer.awaited_proof import SETTLE, UNSETTLED
from services.notifier.domain.events import AlarmOver, AlarmRaised
from services.policy.model import Telling
from tests.kits.deciders.notifier import LINE, MINUTE, VOICE, WHERE, City, at, confirmed, customer, part, started

SECOND = timedelta(seconds=1)
OTHER = Extent(lines=("10千伏别处线",))


def dark(*mrids: str) -> City:
    """A hospital that was told that it is without power, by outages that began one after the other."""
    city = City(at(5, 9, 14), customer(), telling=Telling())
    for number, mrid in enumerate(mrids or ("F1",)):
        city.hears(started(mrid, when=at(5, 9, 12) + number * SECOND, ert=at(5, 11, 30)))
    assert city.reached()[0] == "fault"
    return city


def settling(city: City) -> datetime | None:
    due: datetime | None = city.deciders["customer"].timers(city.of()).get(SETTLE)
    return due


def unproven(city: City) -> None:
    """The inputs cannot be read: the kernel's patience for them is over."""
    due = city.deciders["customer"].timers(city.of())[UNSETTLED]
    city.tell("customer/hospital", TimerFired(name=UNSETTLED, due_at=due, unproven=True))


def test_power_is_back_is_said_once_it_has_settled() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 10) + 19 * SECOND)
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 10) + 20 * SECOND)
    assert city.reached() == ["fault", "restored"]
    city.phone().receives("已于3月5日9时59分恢复供电")


def test_a_larger_outage_heard_of_while_it_settles_keeps_the_customer_dark_without_a_word() -> None:
    city = dark("small")
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59), mrid="small"))
    city.now += 3 * SECOND
    city.hears(started("large", when=at(5, 9, 12), ert=at(5, 11, 30)))
    city.moves_to(at(5, 10, 30))
    assert city.reached() == ["fault"], "the parent holds them all the time: nothing was ever over"
    city.hears(confirmed(at(5, 10, 29), mrid="large"))
    city.moves_to(at(5, 10, 31))
    assert city.reached() == ["fault", "restored"]


def test_reopened_while_it_settles_is_never_told_as_back_and_off() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    city.now += 10 * SECOND
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 10), reason="tripped again"))
    city.moves_to(at(5, 10, 5))
    assert "restored" not in city.reached()
    assert "reopened" not in city.reached()


def test_a_part_that_is_restored_settles_as_the_whole_does() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(part(restored=WHERE, remaining=OTHER, when=at(5, 9, 59)))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 10, 1))
    assert city.reached() == ["fault", "part-restored"]


def test_a_correction_settles_too() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 10), extent=OTHER))
    assert city.reached() == ["fault"]
    city.now += 5 * SECOND
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 10) + 5 * SECOND, extent=WHERE))
    city.moves_to(at(5, 10, 5))
    assert city.reached() == ["fault"], "they were among those all the time"
    city.now = at(5, 10, 6)
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 10, 6), extent=OTHER))
    city.moves_to(at(5, 10, 7))
    assert city.reached() == ["fault", "correction"]


def test_a_text_that_leaves_them_dark_waits_for_nothing() -> None:
    city = dark()
    assert [request.requested_at for request in city.requests()] == [at(5, 9, 14)]


def test_an_end_that_was_noticed_and_never_heard_of_as_begun_settles_as_well() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    city.moves_to(at(5, 10, 1))
    assert city.reached() == ["fault", "restored"]
    # The second outage is over before its first word comes: both words of it are one.
    city.pause = True
    city.now = at(5, 12)
    city.hears(started("F2", when=at(5, 11, 50)))
    city.hears(confirmed(at(5, 11, 59), mrid="F2"))
    city.fan()
    city.moves_to(at(5, 12, 5))
    assert city.reached() == ["fault", "restored"], "they were not told of it, and need not hear that it is over"


def test_without_proof_nothing_of_the_kind_is_said_and_a_person_is_called_once() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    city.now = at(5, 10, 6)
    unproven(city)
    assert city.reached() == ["fault"]
    calls = [event.data for event in city.log["customer/hospital"] if isinstance(event.data, ContactUnreached)]
    assert [(call.reason, call.mrids) for call in calls] == [("power-back-cannot-be-proven", ("F1",))]
    assert "end-unproven" in city.of().alarms
    assert UNSETTLED not in city.deciders["customer"].timers(city.of()), "called once"


def test_while_the_alarm_stands_the_customer_gets_the_next_word_when_it_is_due() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    due = settling(city)
    city.now = at(5, 10, 6)
    unproven(city)
    city.now = at(5, 11, 46)
    name, when = "say/F1", at(5, 11, 45)
    assert city.deciders["customer"].timers(city.of())[name] == when, "the spoken time was 11:30, and about has passed"
    city.tell("customer/hospital", TimerFired(name=name, due_at=when))
    city.phone().receives("自3月5日9时12分起停电,现据报已恢复,尚未核实")
    assert "将于12时45分前再次告知您" in city.last() or "将于13时前再次告知您" in city.last()
    assert due is not None
    city.tell("customer/hospital", TimerFired(name=SETTLE, due_at=due))
    assert city.reached() == ["fault", "fault-time-unknown", "restored"], "proof came, the truth with it"
    assert city.of().alarms == {}
    raised = [type(e.data) for e in city.log["customer/hospital"] if isinstance(e.data, AlarmRaised | AlarmOver)]
    assert raised == [AlarmRaised, AlarmOver]


def test_an_alarm_ends_when_power_goes_off_again() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    city.now = at(5, 10, 6)
    unproven(city)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 10, 5), reason="tripped again"))
    assert city.of().alarms == {}


def test_the_kernel_is_told_which_timers_wait_for_proof_and_for_how_long() -> None:
    patience = Notifier(VOICE, telling=Telling(settling_limit=7 * MINUTE)).patience
    kinds = {name: f"customer/{name.partition('/')[0]}" for name in (SETTLE, UNSETTLED)}
    assert patience == {kinds[SETTLE]: None, kinds[UNSETTLED]: 420.0, "customer/work": None}


def test_an_outage_whose_fan_out_waits_for_a_person_holds_them_all_the_same() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    due = settling(city)
    assert due is not None
    pauses = []
    for looks in range(1, 8):
        fires(city, SETTLE, due, "F2")
        assert city.reached() == ["fault"], "by the tables F2 holds them, though no word of it came"
        assert ("end-unproven" in city.of().alarms) == (looks > 1), "at the second look a person is called"
        again = settling(city)
        assert again is not None
        pauses.append((again - due).total_seconds())
        due = again
    assert pauses == [20, 40, 80, 160, 300, 300, 300], "soon at first, then as rarely as the limit says"
    fires(city, SETTLE, due)
    assert city.reached() == ["fault", "restored"]
    assert city.of().alarms == {}


def test_an_outage_whose_fan_out_was_under_way_delays_the_end_by_one_settling_time_and_calls_nobody() -> None:
    city = dark()
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59)))
    due = settling(city)
    assert due is not None
    fires(city, SETTLE, due, "F2")
    fires(city, SETTLE, due + Telling().settling)
    assert city.reached() == ["fault", "restored"]
    assert "contact.unreached.v1" not in [event.type for event in city.log["customer/hospital"]]


def fires(city: City, name: str, due: datetime, *found: str) -> None:
    """The timer fires, and the tables say that these outages hold the customer."""
    city.now = max(city.now, due)
    city.found = found
    city.tell("customer/hospital", TimerFired(name=name, due_at=due))
    city.found = ()


MRIDS = ("F1", "F2", "F3")
turns = st.lists(
    st.tuples(st.sampled_from(MRIDS), st.integers(1, 40), st.integers(0, 90)),
    min_size=2,
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(turns)
def test_in_whatever_order_words_come_back_is_never_said_while_an_open_outage_holds_the_customer(
    turns: list[tuple[str, int, int]],
) -> None:
    """Outages begin and end; each word comes after a delay of its own. A timer is proven once all words sent by then came."""
    city = City(at(5, 9), customer(), telling=Telling())
    city.hold = True
    clock = at(5, 9)
    is_open: dict[str, bool] = {}
    history: list[tuple[datetime, dict[str, bool]]] = []
    waiting: list[tuple[datetime, datetime, msgspec.Struct]] = []

    def proven(now: datetime) -> None:
        due = city.deciders["customer"].timers(city.of()).get(SETTLE)
        if due is None or due > now or any(sent <= due for _, sent, _ in waiting):
            return
        before = len(city.requests())
        city.now = now
        city.tell("customer/hospital", TimerFired(name=SETTLE, due_at=due))
        said = [text for text in city.requests()[before:] if text.trigger in ("restored", "part-restored")]
        stood = next((state for when, state in reversed(history) if when <= due), {})
        assert not said or not any(stood.values()), f"back was said of {due} while {stood} stood: {turns}"

    def come(until: datetime) -> None:
        while waiting and min(waiting, key=lambda item: item[:2])[0] <= until:
            item = min(waiting, key=lambda item: item[:2])
            waiting.remove(item)
            city.now = item[0]
            city.tell("customer/hospital", item[2])
            proven(item[0])

    for number, (mrid, gap, delay) in enumerate(turns):
        clock += gap * SECOND
        come(clock)
        city.now = clock
        if is_open.get(mrid):
            city.hears(confirmed(clock, mrid=mrid))
        elif mrid in is_open:
            city.hears(OutageReopened(mrid=mrid, reopened_at=clock, reason=f"again {number}"))
        else:
            city.hears(started(mrid, when=clock, extent=Extent(lines=(LINE,))))
        is_open = {**is_open, mrid: not is_open.get(mrid, False)}
        history.append((clock, is_open))
        waiting.extend((clock + delay * SECOND, clock, word) for word in city.held)
        city.held.clear()
        proven(clock)
    come(clock + 200 * SECOND)
    proven(clock + 200 * SECOND)
    # Where supply was said to be unstable, its end is told once it has been steady for hours at most.
    proven(clock + timedelta(hours=3))
    last = [text.trigger for text in city.requests()][-1:]
    if city.reached():
        assert (last == ["restored"]) != any(is_open.values()), "in the end the truth is told"
