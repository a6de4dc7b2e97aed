"""Measure outages rolled up into a larger one, on real processes: `python -m bench.rollup [ROUNDS] [CHILDREN]`.

Each round: so many outages of one customer each are told; then, in one batch, a larger outage over all of them is said first
and each small one restored (case 06). The larger outage holds every customer all the time, so whoever hears "power is back"
before it ends was told something false. At last the larger ones end, and it is measured how long it takes from the
restorer's word until the POST of the text was answered: what it costs to wait. Writes build/bench/rollup.json.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from connectors.registry.entry import RegistryEntry
from devstack.system import System
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted
from services.policy.model import Telling
from tests.kits.system.breakable import Told, told
from tests.kits.system.load import HOUR

RESULT: Final = Path("build/bench/rollup.json")
# Area codes of +1 555 0100-0199, the numbers of fiction: a hundred handsets each.
AREA_CODES: Final = (*range(202, 211), *range(212, 220), *range(223, 232))
SETTLING: Final = Telling().settling.total_seconds()
LATENCY: Final = """
select extract(epoch from a.closed_at - r.decided_at)::float8 as seconds
from restorer.event r
join notifier.notification n on r.data ->> 'mRID' = any(n.mrids) and n.trigger = 'restored'
join notifier.attempt a on a.message_id = n.message_id and a.outcome = 'accepted'
where r.type = 'restoration.confirmed.v1' and r.data ->> 'mRID' like 'BIG-%'
"""


def places(round_: int, child: int) -> Extent:
    """Where one small outage lies."""
    return Extent(lines=(f"10千伏并{round_}-{child}线",), areas=(f"并{round_}-{child}一带",))


def registry(rounds: int, children: int, city: Told) -> list[RegistryEntry]:
    """One key customer at each place, each with a handset of their own."""
    entries = []
    for number in range(rounds * children):
        name, where = f"Z-{number:04}", places(*divmod(number, children))
        customer = CustomerUpserted(
            customer_id=name,
            name=f"医院{number}",
            address=f"路{number}号",
            importance="special",
            lines=where.lines,
            areas=where.areas,
            contacts=(Contact(contact_id=f"{name}-duty"),),
            updated_at=city.clock.now(),
        )
        entries.append(
            RegistryEntry(customer, {f"{name}-duty": f"+1{AREA_CODES[number // 100]}55501{number % 100:02}"})
        )
    return entries


async def begin(city: Told, rounds: int, children: int) -> None:
    """Every small outage is said and told."""
    now = city.clock.now()
    for round_ in range(rounds):
        await city.tell(
            *(
                dispatch.OutageStarted(
                    mrid=f"S-{round_}-{child}",
                    outage_class="fault",
                    started_at=now,
                    extent=places(round_, child),
                    ert=now + HOUR,
                )
                for child in range(children)
            )
        )
    await city.idle.wait(60.0 + rounds * children)


async def roll_up(city: Told, rounds: int, children: int) -> None:
    """In one batch each: the larger outage said first, then the small ones restored."""
    for round_ in range(rounds):
        now = city.clock.now()
        small = [places(round_, child) for child in range(children)]
        whole = Extent(
            lines=tuple(one.lines[0] for one in small),
            areas=tuple(one.areas[0] for one in small),
        )
        await city.tell(
            dispatch.OutageStarted(
                mrid=f"BIG-{round_}", outage_class="fault", started_at=now, extent=whole, ert=now + HOUR
            ),
            *(
                dispatch.SupplyRestored(mrid=f"S-{round_}-{child}", restored_at=city.clock.now(), scope="all")
                for child in range(children)
            ),
        )
    await city.idle.wait(60.0 + rounds * children)
    # Whatever may be said is said once the settling time is over.
    await asyncio.sleep(SETTLING + 5.0)
    await city.idle.wait(60.0)


async def end(city: Told, rounds: int, children: int) -> Sequence[float]:
    """The larger outages end; seconds from the restorer's word to the provider's answer, one for each text."""
    for round_ in range(rounds):
        await city.tell(dispatch.SupplyRestored(mrid=f"BIG-{round_}", restored_at=city.clock.now(), scope="all"))
    await city.idle.wait(60.0)
    await asyncio.sleep(SETTLING + 5.0)
    await city.idle.wait(60.0 + rounds * children)
    rows = await city.logs["notifier"].fetch(LATENCY)
    return sorted(row["seconds"] for row in rows)


async def texts(city: Told) -> dict[str, int]:
    """How many texts were asked for, by trigger."""
    rows = await city.logs["notifier"].fetch("select trigger, count(*) as n from notification group by 1 order by 1")
    return {row["trigger"]: row["n"] for row in rows}


async def run(rounds: int, children: int, system: System) -> dict[str, object]:
    """Figures of one run: how many customers, how many heard what was false, and what waiting cost."""
    async with system:
        async with told(system.folder) as city:
            await city.register(registry(rounds, children, city))
            await begin(city, rounds, children)
            before = await texts(city)
            await roll_up(city, rounds, children)
            after = await texts(city)
            waits = await end(city, rounds, children)
    customers = rounds * children
    return {
        "rounds": rounds,
        "customers": customers,
        "told_of_the_fault": before.get("fault", 0),
        "false_restored": after.get("restored", 0),
        "other_texts": {name: n for name, n in after.items() if name not in ("fault", "restored")},
        "told_of_the_end": len(waits),
        "settling_seconds": SETTLING,
        "confirmed_to_post_p50": waits[len(waits) // 2] if waits else None,
        "confirmed_to_post_p99": waits[int(len(waits) * 0.99)] if waits else None,
        "confirmed_to_post_most": waits[-1] if waits else None,
    }


def main(arguments: Sequence[str]) -> int:
    """Run and write the figures; 1 when somebody heard what was false."""
    given = [int(word) for word in arguments]
    rounds, children = (*given, *(200, 6)[len(given) :])
    with TemporaryDirectory() as folder:
        figures = asyncio.run(run(rounds, children, System(Path(folder) / "data")))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 1 if figures["false_restored"] or figures["told_of_the_fault"] != figures["customers"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
