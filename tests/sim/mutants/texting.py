"""Worlds in which texts wait for a person or with the provider, are answered STOP, or come to a telephone of several customers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace as replaced
from unittest.mock import patch

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from devstack.twilio.faults import Fault
from tests.sim.city import system
from tests.sim.city.plan import town
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller
from tests.sim.city.provider import Provider
from tests.sim.city.workloads.outages import stopped
from tests.sim.city.workloads.planned import scheduled
from tests.sim.mutants import stories, worlds


@contextmanager
def sends_wait_for_a_person() -> Iterator[None]:
    """Outages that concern more people than may be told unasked."""
    with worlds.only("approved"):
        yield


@contextmanager
def customers_say_stop() -> Iterator[None]:
    """Customers who say STOP, and are registered anew before the next outage: only where texts are sent it is known."""
    with worlds.only("stopped"), patch.object(stopped, "WAYS", ("stops, and is registered anew",) * 3):
        yield


@contextmanager
def several_have_one_telephone() -> Iterator[None]:
    """Customers with one telephone, who lose power together and each alone."""
    with worlds.only("one_telephone"):
        yield


@contextmanager
def answers_are_lost_and_lists_are_late() -> Iterator[None]:
    """Notices wait with the provider, half of the answers to requests are lost, and lists show a message much later than they may.

    So the sender posts again what was made: nobody is told twice by it, for all of it waits. Nobody there is told at once.
    """
    values, goes_wrong = system._values, Provider.goes_wrong

    def told(teller: Teller, here: town.Town) -> Sequence[Act]:
        for number, line in enumerate(here.lines):
            begins = (10 + number) * scheduled.DAY + scheduled.MORNING
            teller.asks(teller.mrid("Y"), here.noticed(line), teller.random.uniform(0, 3), begins)
        return teller.told

    def quietly(plan: Plan) -> Plan:
        people = tuple(RegistryEntry(replace(one.customer, importance="second"), one.numbers) for one in plan.customers)
        return replaced(plan, customers=people)

    def late(self: Provider, share: float) -> None:
        goes_wrong(self, share)
        self.settings.list_lag_seconds = (
            4.5  # the quiet time is 3 s, and no list that is asked before its time is up shows it
        )
        self.faults[:] = (
            [Fault(kind="created-drop", rate=1 / 2), Fault(kind="callback-lost", rate=1.0)] if share else []
        )

    with (
        stories.story(told),
        worlds.other_plans(quietly),
        patch.object(system, "_values", lambda *given: {**values(*given), **scheduled.NEEDS["notifier"]}),
        patch.object(Provider, "goes_wrong", late),
    ):
        yield
