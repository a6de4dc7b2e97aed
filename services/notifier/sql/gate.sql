-- name: fanouts_open
-- Outages, of these ($1, each as it was known in version $2) or null: of all, whose newest truth is not told to the end, nor was one
-- since that version; but for those that wait for a person or were given up by one: then the message of their next chunk was taken,
-- and the job has not moved with it.
select j.mrid, j.version from fanout_job j
left join unnest($1::text[], $2::int[]) as w(mrid, version) on w.mrid = j.mrid
left join stream s on s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
where not j.done and ($1::text[] is null or (w.mrid is not null and coalesce(j.told_version, 0) < w.version))
  and s.parked_by is null and not exists (
  select from inbox i
  where i.source = '/outage/notifier/fanout' and i.id = j.mrid || '/' || j.version || '/' || (j.chunks + 1)
);

-- name: changed_customers
-- Customers of the registry, of these ($1) or null: of all, that are to be matched again.
select customer_id from rematch where $1::text[] is null or customer_id = any($1);

-- name: outbox_newest
-- The newest row for these topics that Kafka has not acknowledged; none: 0.
select coalesce(max(id), 0) from outbox where topic = any($1::text[]);

-- name: outbox_left
-- Whether any row for these topics up to that one still waits for Kafka.
select exists(select from outbox where topic = any($1::text[]) and id <= $2);

-- name: older_senders
-- Whether a sender of a version before is connected: the session of its right to post has the name that it had then, $1
-- (sending/gates/owner.py); and whether it is known that none is left.
select
  exists (select from pg_stat_activity where application_name = $1 and datname = current_database()) as beside,
  exists (select from gone_senders where session = $1) as gone;

-- name: are_gone
-- From now on no process need look for senders with sessions of that name.
insert into gone_senders (session) values ($1) on conflict do nothing;
