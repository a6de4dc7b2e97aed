"""What else happens while a fault is looked for that the common histories never meet: to the code without it, too."""

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Any, Final
from unittest.mock import patch

from devstack.system import PARTITIONS, SERVICES
from devstack.twilio.faults import STAGES, Fault
from schemas.contracts import dispatch
from services.kernel.queries import SQL
from services.kernel.streams import snapshots
from tests.sim.broker import Send, broker
from tests.sim.broker.faults import Faults
from tests.sim.city import play
from tests.sim.city.breaking import restored
from tests.sim.city.breaking.attacks import Attack, Kind
from tests.sim.city.plan import draw, town
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.provider import Provider
from tests.sim.city.system import SimSystem
from tests.sim.city.workloads.outages import metered, overdue
from tests.sim.city.workloads.places import registry
from tests.sim.mutants.registry import other_sql

REFUSING: Final = [*[Send.GOES_WELL] * 11, Send.REFUSED] * 200
DISPATCH_LAGS: Final = {(dispatch.TOPIC, number): 4.0 for number in range(PARTITIONS)}
"""What dispatch says is handed over after so many seconds."""


def sends_are_refused() -> AbstractContextManager[Any]:
    """Kafka refuses every twelfth batch, whoever sends it."""
    return patch.object(broker, "Faults", lambda: Faults(sends=deque(REFUSING)))


def words_come_in_disorder() -> AbstractContextManager[Any]:
    """The relay sends the newest first: of words about one outage an older one may come last."""
    return other_sql(SQL, "outbox_head", "upto <= $4\norder by id", "upto <= $4\norder by id desc")


@contextmanager
def provider_says_little() -> Iterator[None]:
    """A message is on the provider's list two seconds after it was made, and in the storm its receipts are lost."""
    goes_wrong = Provider.goes_wrong

    def silent(self: Provider, share: float) -> None:
        goes_wrong(self, share)
        self.settings.list_lag_seconds = 2
        if share:
            self.faults[:] = [one for one in self.faults if one.kind not in STAGES["callback"]]
            self.faults.append(Fault(kind="callback-lost", rate=1.0))

    with patch.object(Provider, "goes_wrong", silent):
        yield


def short_streams_are_kept() -> AbstractContextManager[Any]:
    """Snapshots are made of light streams too: none in a history of a day reaches 64 KiB."""
    return patch.object(snapshots, "LEAST_BYTES", 3_000)


@contextmanager
def other_plans(change: Callable[[Plan], Plan]) -> Iterator[None]:
    """Each story as `change` makes it, of what it was before."""
    before = play.draw
    with patch.object(play, "draw", lambda seed: change(before(seed))):
        yield


def befallen(attacks: Callable[[int], list[Attack]]) -> AbstractContextManager[Any]:
    """Stories with other attacks, by their seeds."""
    return other_plans(lambda plan: dataclasses.replace(plan, attacks=tuple(attacks(plan.seed))))


def what_dispatch_says_is_lost(kind: Kind) -> Callable[[], AbstractContextManager[Any]]:
    """Nothing but that: in each story outage.dispatch is deleted and made anew, under its readers or while they are stopped."""

    def loss(seed: int) -> list[Attack]:
        return [Attack(Random(f"{seed}/loss").uniform(3, 15), kind, dispatch.TOPIC, 0.0, 1)]

    return lambda: befallen(loss)


@contextmanager
def two_workers() -> Iterator[None]:
    """Each service has two workers: they share the partitions, and write into the same streams."""
    start = SimSystem.start

    def both(self: SimSystem) -> None:
        start(self)
        for name in SERVICES:
            self.second(name)

    with patch.object(SimSystem, "start", both):
        yield


def somebody_dies_all_the_time() -> AbstractContextManager[Any]:
    """Every two seconds one of the services dies, at any of its next steps."""

    def deaths(seed: int) -> list[Attack]:
        random = Random(f"{seed}/deaths")
        whom = [(at, random.choice(SERVICES), random.randrange(1, 300)) for at in range(1, 20, 2)]
        return [Attack(float(at), "kill-soon", name, 0.0, steps) for at, name, steps in whom]

    return befallen(deaths)


def the_database_comes_and_goes() -> AbstractContextManager[Any]:
    """Nothing but that: every two seconds the services lose their database for one."""

    def losses(seed: int) -> list[Attack]:
        del seed
        return [Attack(float(at), "database-away", name, 1.0, 0) for at in range(1, 20, 2) for name in SERVICES]

    return befallen(losses)


@contextmanager
def what_came_by_http_is_lost() -> Iterator[None]:
    """Dispatch sends all by HTTP, its readers lag by seconds, and outage.dispatch is deleted under them, and made anew.

    What is lost is what they have not read: a reader that keeps up has read all but what came in the same moment.
    """

    def by_http(plan: Plan) -> Plan:
        parts = {
            name: tuple(
                dataclasses.replace(act, door="http") if isinstance(act, Told) and act.body is None else act
                for act in acts
            )
            for name, acts in plan.parts.items()
        }
        return dataclasses.replace(plan, parts=parts)

    with (
        what_dispatch_says_is_lost("topic-gone")(),
        other_plans(by_http),
        patch.object(broker, "Faults", lambda: Faults(lag=dict(DISPATCH_LAGS))),
    ):
        yield


def some_stay_off() -> AbstractContextManager[Any]:
    """What was left of an outage, or of one within another, is never over: no end puts right what was said before."""

    def without_end(plan: Plan) -> Plan:
        told = sorted((act.happens, name, act) for name, act in plan.acts().items() if isinstance(act, Told))
        last = {act.about: act.id for _, _, act in told if act.about.startswith(("P-", "NP-"))}
        return plan.without([name for _, name, act in told if last.get(act.about) == act.id])

    return other_plans(without_end)


def _nothing_ends() -> AbstractContextManager[Any]:
    """Who is off stays so."""
    ends = (dispatch.SupplyRestored, dispatch.OutageReopened)

    def without_ends(plan: Plan) -> Plan:
        left = {
            name: tuple(one for one in acts if not isinstance(getattr(one, "fact", None), ends))
            for name, acts in plan.parts.items()
        }
        return dataclasses.replace(plan, parts=left)

    return other_plans(without_ends)


class _EverySeventh(set[Any]):
    """Of (partition, offset) each with the seventh offset."""

    def __contains__(self, one: object) -> bool:
        return isinstance(one, tuple) and one[1] % 7 == 6


def records_are_not_handed_over() -> AbstractContextManager[Any]:
    """The reader never sees every seventh record of a partition, as Faust did at times."""
    return patch.object(broker, "Faults", lambda: Faults(skipped=_EverySeventh()))


def only(*workloads: str) -> AbstractContextManager[Any]:
    """Stories of these workloads and no other."""
    return patch.object(draw, "_chosen", lambda _: list(workloads))


@contextmanager
def facts_lie_unread() -> Iterator[None]:
    """Things are done just before their deadlines, and what dispatch says of it at once is handed over seconds later."""
    with (
        only("overdue"),
        patch.object(town, "LARGE", 1.0),
        patch.object(overdue, "DONE", (-3.0, -2.0)),
        patch.object(overdue, "TOLD", (0.0,)),
        patch.object(broker, "Faults", lambda: Faults(lag=dict(DISPATCH_LAGS))),
    ):
        yield


def deadlines_come() -> AbstractContextManager[Any]:
    """Deadlines come in the middle of everything."""
    return only("overdue", "faults")


@contextmanager
def reporters_are_called_back() -> Iterator[None]:
    """Outages that somebody reported, and who reported them is called: the call centre and people tell of it."""
    with only("called_back"):
        yield


@contextmanager
def rules_move_deadlines() -> Iterator[None]:
    """Other rules are put in force in the midst of several outages whose deadlines they move."""
    with only("new_deadlines"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def a_month_goes_by() -> Iterator[None]:
    """A month is over, judged and published, in which outages were withdrawn, and promises broken."""
    with only("statements", "withdrawn", "overdue"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def outages_share_customers() -> Iterator[None]:
    """Outages of a line and of transformers on it, told in any order, where the network says who hangs on what."""
    with only("grid"):
        yield


@contextmanager
def customers_are_numbers() -> Iterator[None]:
    """Outages of which dispatch says how many customers they cut, several in each story."""
    with only("counted"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def people_complain() -> Iterator[None]:
    """Several complaints and reports of misconduct in each story."""
    with only("complaints"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def the_network_changes() -> Iterator[None]:
    """Editions of the network come in and switches are thrown, beside faults."""
    with only("grid", "faults"):
        yield


@contextmanager
def power_is_off_in_shapes() -> Iterator[None]:
    """Outages that are drawn, several in each story, among people of whom it is known where they live; who is off stays so."""
    with only("drawn"), patch.object(town, "LARGE", 1.0), _nothing_ends():
        yield


@contextmanager
def meters_are_read() -> Iterator[None]:
    """Meters are read while power is off and back, several outages in each story."""
    with only("metered"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def readings_come_late() -> Iterator[None]:
    """The same, and of a meter the older reading often comes after the newer."""
    with meters_are_read(), patch.object(metered, "LATE", (0.0, 0.0, 400.0)):
        yield


@contextmanager
def works_are_changed() -> Iterator[None]:
    """Several planned works, of which many are changed, called off, asked for too late or done too late."""
    with only("works", "replanned"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def a_board_shows_notices() -> Iterator[None]:
    """Several planned works whose notices count once a board has shown them: at once, late, never, in other words."""
    with only("board"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def works_come_at_night() -> Iterator[None]:
    """Several planned works that are asked for, moved or called off at night."""
    with only("at_night"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def dispatch_takes_words_back() -> Iterator[None]:
    """Outages that there were not, and outages that were otherwise than dispatch had said, several in each story."""
    with only("withdrawn", "corrected"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def lists_lack_outages() -> Iterator[None]:
    """Outages of a polled list, several in each story, about the time at which power was expected."""
    with only("polled"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def things_are_called_by_the_wrong_name() -> Iterator[None]:
    """Faults that were work, and work that was a fault, several in each story."""
    with only("reclassified"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def outages_are_one() -> Iterator[None]:
    """Outages that turn out to be one, several in each story."""
    with only("merged"), patch.object(town, "LARGE", 1.0):
        yield


@contextmanager
def texts_go_nowhere() -> Iterator[None]:
    """No text of a planned work reaches a handset."""
    goes_wrong = Provider.goes_wrong

    def worse(self: Provider, share: float) -> None:
        goes_wrong(self, share)
        self.faults.append(Fault(kind="undelivered", rate=1.0))

    with works_are_changed(), patch.object(Provider, "goes_wrong", worse):
        yield


@contextmanager
def dispatch_spells_otherwise() -> Iterator[None]:
    """Facts name places in another spelling than the registry, and who is off stays so."""
    with only("foreign"), _nothing_ends():
        yield


@contextmanager
def people_move_where_it_is_dark() -> Iterator[None]:
    """Many people are new or move while lines are off, and who is off stays so."""
    with (
        only("registry"),
        patch.object(town, "LARGE", 1.0),
        patch.object(registry, "CHANGES", ("is new", "moves")),
        _nothing_ends(),
    ):
        yield


def records_are_junk() -> AbstractContextManager[Any]:
    """Among the facts are records that are none."""
    return only("junk", "faults")


@contextmanager
def a_database_goes_back() -> Iterator[None]:
    """A backup of the notifier's database, or of all, is put back, and its operators say of when it is."""
    with (
        other_plans(restored.with_restore),
        patch.object(restored, "TARGETS", (("notifier",), restored.WHOLE)),
        patch.object(restored, "UNTOLD", 0.0),
    ):
        yield
