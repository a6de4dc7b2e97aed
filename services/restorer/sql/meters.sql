-- name: put_readings
-- The newest reading of each point: what is older than the one that is known says nothing. Of one instant, no power counts: rather
-- asked for nothing than dark and unasked. What says the same again is no news.
insert into meter_reading as known (form, usage_point, energised, own_generation, read_at, recorded_at, cause)
select * from unnest(
  $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::timestamptz[], $7::text[]
)
on conflict (form) do update set
  usage_point = excluded.usage_point, energised = excluded.energised, own_generation = excluded.own_generation,
  read_at = excluded.read_at, recorded_at = excluded.recorded_at, cause = excluded.cause, looked = false
where known.read_at < excluded.read_at
  or (known.read_at = excluded.read_at and known.energised and not excluded.energised);

-- name: put_odd
-- Readings that cannot be so, the last of each point.
insert into meter_odd (form, usage_point, energised, read_at, recorded_at, cause, reason)
select * from unnest(
  $1::text[], $2::text[], $3::boolean[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[]
)
on conflict (form) do update set
  usage_point = excluded.usage_point, energised = excluded.energised, read_at = excluded.read_at,
  recorded_at = excluded.recorded_at, cause = excluded.cause, reason = excluded.reason
where meter_odd.recorded_at <= excluded.recorded_at;

-- name: forget_readings
-- None is known any more: the topic is read again.
delete from meter_reading;

-- name: forget_odd
-- The same for those that cannot be so.
delete from meter_odd;

-- name: new_readings
-- Up to $1 readings of which it is not known yet to which outages they are news. Locked: another worker takes others.
select form, read_at from meter_reading where not looked order by form limit $1 for update skip locked;

-- name: any_due
-- Whether there is anything to do: a new reading; an outage of which it is denied that power is back, if their time has come ($1);
-- or an outage with something to look at, but for some ($2) that were looked at a moment ago, and those that wait for a person.
select exists (select from meter_reading where not looked)
  or ($1::boolean and exists (select from denied_outage))
  or exists (
    select from meter_news n left join stream s on s.stream_id = 'outage/' || n.mrid
    where n.mrid <> all($2::text[]) and s.parked_by is null
  );

-- name: looked
-- Of these it is known now, unless a newer one came.
update meter_reading m set looked = true
from unnest($1::text[], $2::timestamptz[]) as w(form, read_at) where m.form = w.form and m.read_at = w.read_at;

-- name: elements_at
-- The elements of the network that these usage points are.
select distinct element_id from network_name where words = 'usage_points' and form = any($1::text[]);

-- name: outages_at
-- Outages that are off, or were until lately, at these usage points ($1) or at any name of these elements ($2). Of those that are off
-- in part also what is back: there a reading may deny it.
with mine(words, form) as (
  select 'usage_points', w.form from unnest($1::text[]) as w(form)
  union
  select n.words, n.form from network_name n where n.element_id = any($2::text[])
)
select p.mrid from off_place p join mine using (words, form)
union
select b.mrid from back_place b join mine using (words, form);

-- name: put_news
-- These outages have something to look at.
insert into meter_news (mrid) select unnest($1::text[])
on conflict (mrid) do update set number = excluded.number;

-- name: put_denied_news
-- So have all of which somebody denies that power is back: what denied it may be explained by another outage since.
insert into meter_news (mrid) select mrid from denied_outage
on conflict (mrid) do update set number = excluded.number;

-- name: news
-- Outages that have something to look at, but for some ($1) that were looked at a moment ago, and those that wait for a person.
select n.mrid, n.number from meter_news n left join stream s on s.stream_id = 'outage/' || n.mrid
where n.mrid <> all($1::text[]) and s.parked_by is null order by n.mrid limit $2;

-- name: heard
-- It was looked at, unless there is more.
delete from meter_news where mrid = $1 and number = $2;

-- name: readings_at
-- What meters said since an instant ($3) at usage points that are named so ($1) or are these elements ($2); none of a meter that
-- is at fault: from when that was found until it was mended it says nothing.
with mine as materialized (
  select form, max(element_id) as element_id from (
    select form, null as element_id from unnest($1::text[]) as w(form)
    union all
    select n.form, n.element_id from unnest($2::text[]) as w(element_id) join network_name n using (element_id)
    where n.words = 'usage_points'
  ) both_ways
  group by form
)
select m.form, m.usage_point, o.element_id, m.energised, m.own_generation, m.read_at, m.cause
from mine o join meter_reading m using (form)
where m.read_at >= $3 and not exists (
    select from meter_fault f
    where f.form = m.form and f.found_at <= m.read_at and (f.mended_at is null or f.mended_at > m.read_at)
  )
order by m.form;

-- name: put_fault
-- A meter at fault, or mended: what is said first may come last.
insert into meter_fault (mrid, form, usage_point, found_at, mended_at) values ($1, $2, $3, $4, $5)
on conflict (mrid) do update set
  form = excluded.form, usage_point = excluded.usage_point, found_at = excluded.found_at, mended_at = excluded.mended_at;

-- name: put_denied
-- Somebody denies that power is back.
insert into denied_outage (mrid) values ($1) on conflict do nothing;

-- name: forget_denied
-- Nobody does any more.
delete from denied_outage where mrid = $1;

-- name: counts
-- For the gauges: readings of meters whose clocks are wrong, meters at fault, and outages that somebody denies to be over.
select (select count(*) from meter_odd) as odd, (select count(*) from meter_fault where mended_at is null) as faults,
  (select count(*) from denied_outage) as denied;

-- name: readings
-- All readings, to be kept under other normal names.
select form, usage_point, energised, own_generation, read_at, recorded_at, cause from meter_reading;

-- name: drop_reading
-- One is kept under another name.
delete from meter_reading where form = $1;

-- name: faults
-- All meter faults, for the same.
select mrid, form, usage_point from meter_fault;

-- name: move_fault
-- One is kept under another name.
update meter_fault set form = $2 where mrid = $1;
