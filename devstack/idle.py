"""Find out whether the whole system has nothing to do at the present instant: only then may a warped clock jump."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from schemas.contracts.all_types import TOPICS
from schemas.contracts.receipts import TOPIC as RECEIPTS
from services.kernel.adapters.ports import RecordReader
from services.kernel.clock import Clock

# What a service still has to do. Timers of parked streams wait for a person, not for time.
_WORK = """
select '{0}' as service,
  (select count(*) from {0}.outbox where topic <> all($2::text[])) as outbox,
  (select count(*) from {0}.timer t join {0}.stream s using (stream_id)
    where t.due_at <= $1 and s.parked_by is null) as timers,
  (select coalesce(json_agg(json_build_array(topic, partition, next_offset)), '[]') from {0}.consumer_offset) as fences,
  (select count(*) from {0}.standing_cause c
    where c.cause_id not in (select t.cause_id from {0}.task_cause t)
      and c.since <= $1 and (c.useful_until is null or c.useful_until > $1))
    + (select count(*) from {0}.task_cause t join {0}.task k using (task_id) where k.state in ('open', 'taken') and t.cause_id
      not in (select c.cause_id from {0}.standing_cause c where c.useful_until is null or c.useful_until > $1)) as tasks
"""
# Whom the notifier has still to tell; texts that the sender has in hand, and those whose receipt the provider owes, which
# comes within a moment; what is to be handed on of merged outages, and merges that are to be judged. A text that waits for a
# person, who is to approve it or to release the brake, is over at its time; one that waits with the provider is reconciled
# some minutes before it goes.
_TELLING = """
select
  (select count(*) from notifier.fanout_job j
    left join notifier.stream s on s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
    where not j.done and s.parked_by is null) as fanouts,
  (select count(*) from notifier.rematch) as rematches,
  (select count(*) from notifier.notification n
    where (n.state = 'ready' and n.not_before <= $1 and (n.expires_at <= $1
        or (n.retry_after is distinct from 'infinity' and not exists (select from notifier.brake b where b.lane = n.lane))))
      or (n.state in ('sending', 'unknown', 'carried') and (n.unwanted is not null or not exists (
        select from notifier.attempt a where a.message_id = n.message_id and a.n = n.attempts and a.outcome = 'prepared'
          and a.send_at > $1 + interval '10 minutes'
      )))) as unsent,
  (select count(*) from notifier.notification n where n.state in ('accepted', 'sent') and not exists (
    select from notifier.attempt a where a.message_id = n.message_id and a.provider_sid = n.provider_sid and a.send_at > $1
  )) as owed,
  (select count(*) from restorer.merged_outage where handed_on < version)
    + (select count(*) from notifier.merged_outage where handed_on < version)
    + (select count(*) from restorer.waiting_merge w
      left join restorer.merged_outage m on m.mrid = w.into_mrid
      join restorer.live l on l.stream_id = 'outage/' || coalesce(m.into_mrid, w.into_mrid)
      join restorer.live a on a.stream_id = 'outage/' || w.mrid
      join restorer.stream s on s.stream_id = a.stream_id
      where l.view ->> 'status' <> 'unknown' and a.view ->> 'status' <> 'unknown' and s.parked_by is null) as merges
"""
# What was said of complaints to their outages, and is to be brought to them.
_COMPLAINTS = """
select (select count(*) from restorer.event where position > coalesce((select position from restorer.complaint_reading), 0)
  and type in ('complaint.received.v1', 'complaint.answered.v1')) as complaints
"""
# Readings of meters of which it is not known yet whom they concern, and outages that are to look at theirs.
_METERS = """
select (select count(*) from restorer.meter_reading where not looked) + (select count(*) from restorer.meter_news n
  left join restorer.stream s on s.stream_id = 'outage/' || n.mrid where s.parked_by is null) as meters
"""
# Whoever has been without power for as long as somebody may hear nothing is looked at once (services/restorer/tables/silence/), and
# whatever is suspected then is looked at again. The times are those of the policy with what first words take.
_SILENCE = """
select (select count(*) from restorer.silence where not sure) + (
  select count(*) from restorer.off_outage o
  where o.ended is null and exists (
    select from unnest(array[interval '31 minutes', '41 minutes', '71 minutes', '131 minutes']) as passed
    where o.began <= $1 - passed and not exists (select from restorer.silence_look l where l.looked_at >= o.began + passed)
  )
) as silences
"""
_DUE = "(select min(due_at) from {0}.timer t join {0}.stream s using (stream_id) where s.parked_by is null)"
# What a task is about begins or is of no use any more; raising it again waits for nobody.
_TASK_DUE = """
(select min(c.since) from {0}.standing_cause c where c.since > $1),
(select min(c.useful_until) from {0}.standing_cause c join {0}.task_cause t using (cause_id) where c.useful_until > $1)
"""
_TEXT_DUE = """
(select min(case when n.retry_after = 'infinity' or exists (select from notifier.brake b where b.lane = n.lane)
    then n.expires_at else n.not_before end)
  from notifier.notification n where n.state = 'ready'),
(select min(send_at) - interval '10 minutes' from notifier.attempt where outcome = 'prepared'),
(select min(send_at) from notifier.attempt where outcome = 'accepted' and send_at > $1)
"""
# A look asks every service's tables and Kafka, which costs some 10 ms of processor time: who waits for long looks less often, and
# learns of the end that much later.
_LONGEST_PAUSE, _SLOWER = 0.25, 1.3
# How many receipts, and how many causes of work for people, may trail behind when they are not waited for.
_TRAILING = 20


class NeverIdle(Exception):
    """The system was busy all the time; the message says with what."""


class Idle:
    """Looks at every service's tables, which are schemas of one database, and at the ends of the topics.

    `inputs`: by service, the topics that it reads. Each look at the tables is one statement: work goes from one to another.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        reader: RecordReader,
        clock: Clock,
        inputs: Mapping[str, Sequence[str]],
        partitions: int,
        *,
        look_seconds: float = 0.01,
    ) -> None:
        self._look_seconds = look_seconds
        self._connection = connection
        self._reader = reader
        self._clock = clock
        self._places = {
            name: [(topic, number) for topic in topics for number in range(partitions)]
            for name, topics in inputs.items()
        }
        self._all = sorted({place for places in self._places.values() for place in places})
        self._read = {topic for topic, _ in self._all}
        services = " union all ".join(_WORK.format(name) for name in inputs)
        self._work = (
            f"select * from ({services}) service, ({_TELLING}) telling, ({_METERS}) meters, ({_COMPLAINTS}) complaint, "
            f"({_SILENCE}) silence"
        )
        dues = [one.format(name) for name in inputs for one in (_DUE, _TASK_DUE)]
        self._due = f"select least({', '.join([*dues, _TEXT_DUE])})"

    async def busy(self, *, receipts: bool = True) -> list[str]:
        """What is still to be done now, in words; empty when idle. Two looks, for work moves from table to topic to table.

        Without `receipts`: idle once every text is with the provider; what it says about them, and what people are asked to
        do, may come a moment later.
        """
        first = await self._look(receipts=receipts)
        return first or await self._look(receipts=receipts)

    async def _look(self, *, receipts: bool) -> list[str]:
        reasons: list[str] = []
        # What nobody here reads leads to nothing more.
        ignored = [] if receipts else [name for name in TOPICS if name not in self._read]
        work = await self._connection.fetch(self._work, self._clock.now(), ignored)
        fences: dict[str, dict[tuple[str, int], int]] = {}
        for row in work:
            name = row["service"]
            if row["outbox"]:
                reasons.append(f"{name}: {row['outbox']} to publish")
            if row["timers"]:
                reasons.append(f"{name}: {row['timers']} timers due")
            if row["tasks"] > (0 if receipts else _TRAILING):
                reasons.append(f"{name}: {row['tasks']} causes of tasks to look at")
            fences[name] = {(topic, partition): offset for topic, partition, offset in json.loads(row["fences"])}
        telling = work[0]
        if telling["fanouts"] or telling["rematches"]:
            reasons.append(
                f"notifier: {telling['fanouts']} outages to tell of, {telling['rematches']} customers to match again"
            )
        if telling["merges"]:
            reasons.append(f"restorer and notifier: {telling['merges']} merged outages to hand on or to judge")
        if telling["unsent"]:
            reasons.append(f"notifier: {telling['unsent']} texts to send")
        if telling["complaints"]:
            reasons.append(f"restorer: {telling['complaints']} words on complaints to bring")
        if telling["meters"]:
            reasons.append(f"restorer: {telling['meters']} readings or outages to look at")
        if telling["silences"] and receipts:
            reasons.append(f"restorer: {telling['silences']} outages or silences to look at")
        if telling["owed"] > (0 if receipts else _TRAILING):
            reasons.append(f"notifier: {telling['owed']} texts without receipt")
        ends = await self._reader.ends(self._all)
        for name, places in self._places.items():
            waiting = sum(
                max(0, ends[place] - fences[name].get(place, 0)) for place in places if receipts or place[0] != RECEIPTS
            )
            if waiting:
                reasons.append(f"{name}: {waiting} records to take")
        return reasons

    async def wait(self, seconds: float = 60.0, *, receipts: bool = True) -> None:
        """Return when idle, as `busy` means it.

        Raises:
            NeverIdle: not within `seconds` of real time.

        """
        until = self._clock.monotonic() + seconds
        pause = self._look_seconds
        while reasons := await self.busy(receipts=receipts):
            if self._clock.monotonic() > until:
                raise NeverIdle(f"after {seconds:.0f} s there is still work: {'; '.join(reasons)}")
            await asyncio.sleep(pause)
            pause = max(pause, min(pause * _SLOWER, _LONGEST_PAUSE))

    async def next_moment(self, before: datetime) -> datetime | None:
        """The next instant before `before` at which something is due: a timer, a text's time, or work for people."""
        moment: datetime | None = await self._connection.fetchval(self._due, self._clock.now())
        return moment if moment is not None and moment < before else None
