"""Notices of later work wait with the provider until they are reconciled; work is called off or moved before, at and after that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from msgspec.structs import replace

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.judging.storms import Storm, short, whole

OFTEN: Final = 0.25
KIND: Final = "WS"
SERVICE: Final = "MG" + "a" * 32
NEEDS: Final = {"notifier": {"twilio_from": None, "twilio_messaging_service_sid": SERVICE}}
"""Without a messaging service Twilio holds nothing back."""
HOUR: Final = 3_600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
EVENING: Final = MORNING + 11.5 * HOUR
"""Half past eight in the evening: what waits from ten minutes later on would go at night."""
RECONCILED: Final = 600.0
GOES: Final = 1_200.0
"""So long after it was made a message is reconciled, and so long after that it goes."""
FATES: Final = (
    "stands", "stands", "off at once", "off at the reconciling", "off as it goes", "off later", "moved", "moved as it goes",
)  # fmt: skip
TAKEN_BACK: Final = timedelta(seconds=30)
"""So soon a message is taken back that is not to go, where nothing is broken."""
_VERDICTS: Final = """
select data ->> 'messageId' as message_id, type, decided_at from event
where type in ('message.suppressed.v1', 'message.accepted.v1', 'message.delivered.v1') order by position
"""


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message that was to wait with the provider: for which text, until when, and what became of it."""

    sid: str
    message_id: str
    send_at: datetime
    status: str

    @property
    def went(self) -> bool:
        """Whether it has left."""
        return self.status not in ("scheduled", "canceled")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each work is asked for in the morning or in the evening; a fault elsewhere comes while its messages are looked at."""
    teller = Teller(random)
    for number in range(min(2, random.randint(*town.size.times))):
        mrid, line, fate = teller.mrid(KIND), random.choice(town.lines), random.choice(FATES)
        asked = random.choice((0.0, 0.0, EVENING + random.uniform(0, 1_500))) + number * 7_000 + random.uniform(0, 4)
        begins = (10 + number) * DAY + MORNING
        body = dispatch.PlannedRequested(
            mrid=mrid, revision_number=1, outage_class="planned", extent=town.noticed(line), requested_at=at(asked),
            planned_period=Period(start=at(begins), end=at(begins + 6 * HOUR)), reason="线路检修",
        )  # fmt: skip
        teller.say(asked, body)
        # Something goes on while its messages are reconciled, so that anything may break.
        fault, when = teller.mrid(f"{KIND}F"), asked + RECONCILED + random.uniform(-2, 4)
        teller.off(fault, when, Extent(usage_points=(random.choice(town.points(random.choice(town.lines))),)))
        teller.back(fault, when + random.uniform(8, 16))
        _fate(teller, fate, body, asked, begins)
    return teller.told


def _fate(teller: Teller, fate: str, body: dispatch.PlannedRequested, asked: float, begins: float) -> None:
    random, mrid = teller.random, body.mrid
    times = {
        "off at once": random.uniform(60, 400),
        "off at the reconciling": RECONCILED + random.uniform(-8, 20),
        "off as it goes": GOES + random.uniform(-20, 20),
        "off later": DAY,
        "moved": random.uniform(60, 400),
        "moved as it goes": GOES + random.uniform(-400, 20),
    }
    if fate == "stands":
        if random.random() < 1 / 3:
            teller.off(mrid, begins + random.uniform(0, 300), body.extent, outage_class="planned", ert=None)
            teller.back(mrid, begins + 5 * HOUR)
        return
    when = asked + times[fate]
    if fate.startswith("off"):
        teller.say(when, dispatch.PlannedCancelled(mrid=mrid, revision_number=2, cancelled_at=at(when)))
        return
    later = replace(body.planned_period, start=at(begins + DAY), end=at(begins + DAY + 6 * HOUR))
    moved = dispatch.PlannedAmended(
        mrid=mrid, revision_number=2, outage_class="planned", extent=body.extent, requested_at=at(when),
        planned_period=later, reason="线路检修",
    )  # fmt: skip
    teller.say(when, moved)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """See `wrong`."""
    del plan
    held = [
        HeldMessage(one.sid, one.message_id, one.send_at, one.status)
        for one in stage.system.provider.waiting()
        if one.message_id is not None and one.send_at is not None
    ]
    rows = await stage.city.logs["notifier"].fetch(_VERDICTS)
    withdrawn = {row["message_id"]: row["decided_at"] for row in rows if row["type"] == "message.suppressed.v1"}
    said = {row["message_id"] for row in rows if row["type"] != "message.suppressed.v1"}
    gone = [made.message_id for made in stage.system.provider.created()]
    if stage.lost is not None:
        withdrawn = {name: at for name, at in withdrawn.items() if at > stage.lost.at}
    return [*wrong(held, withdrawn, said, gone, stage.storms)]


def wrong(
    held: Sequence[HeldMessage],
    withdrawn: Mapping[str, datetime],
    said: Iterable[str],
    gone: Sequence[str],
    storms: Sequence[Storm],
) -> Iterator[str]:
    """Texts of which two messages went, or none though the log says that it was said; messages that went though withdrawn in time.

    `withdrawn`: texts, and when the notifier knew that they are not to go; `said`: those that count as said; `gone`: of each
    message that went its text.
    """
    for name in sorted({one.message_id for one in held}):
        times = gone.count(name)
        if times > 1:
            yield f"text {name} waited with the provider, and went {times} times"
        if name in {*said} and not times:
            yield f"text {name} counts as said, and no message of it went"
    for one in held:
        if one.status == "scheduled":
            yield f"message {one.sid} of text {one.message_id} waits until {short(one.send_at)} still"
        known = withdrawn.get(one.message_id)
        if one.went and known is not None and whole(known, storms) + TAKEN_BACK < one.send_at:
            yield f"text {one.message_id} was withdrawn at {short(known)}, and went at {short(one.send_at)}"
