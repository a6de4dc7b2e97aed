"""Whatever happens when: no promise outlives its time, one step is under way at a time, and in the end nothing is owed."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact
from schemas.contracts.promises import Promise, PromiseCorrected, PromiseMade
from services.notifier.domain.calls import causes_of
from services.notifier.domain.customer.owing.state import CHAIN
from services.notifier.domain.customer.owing.words import Confirmation
from services.policy.model import Telling
from tests.kits.deciders.notifier import DAY, LINE, MINUTE, City, at, confirmed, customer, ert, started
from tests.kits.owed_words import promising

BEGIN = at(5, 9)
CONTACTS = (
    (),
    (Contact(contact_id="one"),),
    (Contact(contact_id="one"), Contact(contact_id="two", rank=2), Contact(contact_id="three", rank=3)),
)
READERS = st.builds(
    lambda importance, life, duty, contacts, manager: customer(
        importance=importance, life_support=life, on_duty=duty, contacts=contacts, account_manager=manager
    ),
    st.sampled_from(["special", "first", "second"]),
    st.booleans(),
    st.sampled_from([None, "hours", "always"]),
    st.sampled_from(CONTACTS),
    st.sampled_from([None, "林涛"]),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "starts",
                "starts-too",
                "later",
                "back",
                "back-too",
                "takes",
                "refuses",
                "fails",
                "arrives",
                "drops",
                "call",
                "waits",
            ]
        ),
        st.integers(0, 90),
    ),
    max_size=30,
)


def act(city: City, what: str) -> None:
    now = city.now
    pending, taken = city.texts("hospital", "requested"), city.texts("hospital", "accepted")
    match what:
        case "starts":
            city.hears(started("F1", now))
        case "starts-too":
            city.hears(started("F2", now, ert=now + 3 * DAY / 24, extent=Extent(lines=(LINE,))))
        case "later":
            city.hears(ert(now + timedelta(hours=4), now))
        case "back":
            city.hears(confirmed(now, "F1"))
        case "back-too":
            city.hears(confirmed(now, "F2"))
        case "takes" if pending:
            city.accepts(text=pending[0])
        case "refuses" if pending:
            city.refuses("bad-number")
        case "drops" if pending:
            city.drops()
        case "arrives" if taken:
            city.receipt("delivered", taken[-1])
        case "fails" if taken:
            city.receipt("undelivered", taken[-1], code=30003)
        case "call":
            city.hears(Confirmation(customer_id="hospital", how="call", at=now, by="li"))
        case _:
            pass


def holds(city: City) -> None:
    """What is so whatever happened."""
    owed = city.of().owed
    late = [one for one in owed.records.values() if one.standing == "open" and one.due_at < city.now]
    assert late == [], "a promise outlived its time"
    assert sum(owed.open(name) is not None for name in CHAIN) <= 1, "two steps at once"
    armed = city.timers("customer/hospital")
    assert all(f"owed/{one.promise_id}" in armed for one in owed.records.values() if one.standing == "open")


OFF_AGAIN = [("starts", 0), ("takes", 0), ("back", 0), ("starts", 60), ("arrives", 1)]
"""Told by when the next word comes, back, off again at that very time; then the receipt of the text before comes."""
CALLED = [*OFF_AGAIN[:-1], ("call", 1)]


@given(READERS, st.booleans(), STEPS)
@example(customer(importance="special", contacts=CONTACTS[1]), False, OFF_AGAIN)
@example(customer(importance="special", contacts=CONTACTS[1]), False, CALLED)
@settings(max_examples=150, deadline=None)
def test_no_promise_outlives_its_time_and_nothing_is_owed_in_the_end(
    reader: object, settles: bool, steps: list[tuple[str, int]]
) -> None:
    city = promising(BEGIN, reader, accept=False, telling=Telling() if settles else Telling(settling=timedelta(0)))  # type: ignore[arg-type]
    for what, minutes in steps:
        city.moves_to(city.now + minutes * MINUTE)
        act(city, what)
        holds(city)
    city.moves_to(city.now + MINUTE)
    for mrid in ("F1", "F2"):
        city.hears(confirmed(city.now, mrid))
    city.accept = True
    city.moves_to(city.now + 2 * DAY)
    for text in city.texts("hospital", "requested"):
        city.accepts(text=text)
    city.moves_to(city.now + 40 * DAY)
    holds(city)
    owed = city.of().owed
    assert [name for name in CHAIN if name in owed.records] == [], "somebody is to be called though power is back"
    assert all(one.standing == "broken" for one in owed.records.values())
    assert not [name for name in city.timers("customer/hospital") if name.startswith("owed/")]
    assert not [kind for kind, _ in causes_of(city.of()) if kind in ("unconfirmed", "account-manager-calls")]
    verdicts: dict[str, int] = {}
    for event in city.log["customer/hospital"]:
        if isinstance(event.data, Promise) and not isinstance(event.data, PromiseMade | PromiseCorrected):
            first = event.type != "promise.at-risk.v1"
            verdicts[event.data.promise_id] = verdicts.get(event.data.promise_id, 0) + first
    assert all(count <= 1 for count in verdicts.values()), "judged twice"
