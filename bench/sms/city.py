"""A town of key customers, four at a transformer, and the minute in which all its transformers fail. Pure.

Each outage is told of by four facts: it began; a crew was assigned; power is expected two hours later than was said; then power
is back for one in four of them, and for the others a crew is there. Hospitals hang on the last transformers to fail, behind the
queue of everybody else, and stay dark.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted

AT_A_TRANSFORMER: Final = 4
FACTS_OF_AN_OUTAGE: Final = 4
CRITICAL_SHARE: Final = 0.02
BACK: Final = 4
"""Of so many outages one is over before the storm is."""
HOUR: Final = timedelta(hours=1)
# Of the time in which all is told: beginnings come in the first part, the facts after them so much later.
BEGIN, CREW, LATER, LAST = 0.6, 0.05, 0.2, 0.4
Tell = Callable[[datetime], dispatch.Fact]
"""Makes a fact, given when it is told."""


def outages(customers: int) -> int:
    """How many there are."""
    return -(-customers // AT_A_TRANSFORMER)


def transformer(number: int) -> str:
    """Its name, as dispatch and the registry write it."""
    return f"城北{number:05}号变压器"


def phone(number: int) -> str:
    """A number from the ranges that are kept for fiction: 0100 to 0199 of exchange 555, in any North American area."""
    areas = [code for code in range(201, 990) if code % 100 != 11]
    return f"+1{areas[number // 100]}55501{number % 100:02}"


def is_critical(number: int, customers: int) -> bool:
    """Whether a customer is of special importance: those on the last transformers."""
    last = max(1, round(outages(customers) * CRITICAL_SHARE))
    return number // AT_A_TRANSFORMER >= outages(customers) - last


def registry(customers: int, updated_at: datetime) -> Iterator[RegistryEntry]:
    """All of them, with a phone each."""
    for number in range(customers):
        name = f"KC-{number:05}"
        customer = CustomerUpserted(
            customer_id=name,
            name=f"客户{number:05}",
            importance="special" if is_critical(number, customers) else "first",
            language="en" if number % 3 == 0 else "zh-CN",
            transformers=(transformer(number // AT_A_TRANSFORMER),),
            contacts=(Contact(contact_id=f"{name}-duty"),),
            updated_at=updated_at,
        )
        yield RegistryEntry(customer, {f"{name}-duty": phone(number)})


def storm(customers: int, seconds: float) -> list[tuple[float, Tell]]:
    """When each fact is told, in seconds from the first, and the fact; in order."""
    told: list[tuple[float, Tell]] = []
    count = outages(customers)
    for number in range(count):
        begins = BEGIN * seconds * number / count
        back = number % BACK == BACK - 1 and not is_critical(number * AT_A_TRANSFORMER, customers)
        facts = zip((0.0, CREW, LATER, LAST), _of(number, back=back), strict=True)
        told += [(begins + part * seconds, tell) for part, tell in facts]
    return sorted(told, key=lambda one: one[0])


def _of(number: int, *, back: bool) -> Iterator[Tell]:
    mrid, where = f"S-{number:05}", Extent(transformers=(transformer(number),), nominal_voltage=10)
    yield lambda at: dispatch.OutageStarted(
        mrid=mrid, outage_class="fault", started_at=at, extent=where, ert=at + 3 * HOUR
    )
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=at)
    yield lambda at: dispatch.ErtChanged(mrid=mrid, changed_at=at, ert=at + 5 * HOUR)
    if back:
        yield lambda at: dispatch.SupplyRestored(mrid=mrid, restored_at=at)
    else:
        yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at)
