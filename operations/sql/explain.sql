-- name: customer
-- A key customer by id.
select customer_id, profile from customer where customer_id = $1;

-- name: registered
-- Which kinds of place a name is in the registry, and which customers take power there; $1 normalised.
select m.kind, m.customer_id, c.profile from customer_match m join customer c using (customer_id)
where m.value = $1 order by m.kind, m.customer_id;

-- name: registered_like
-- Names in the registry that hold this one; $1 normalised.
select distinct kind, value from customer_match where strpos(value, $1) > 0 order by value, kind limit 5;

-- name: customers_like
-- Key customers whose name or address holds the words typed, blanks and case aside.
select customer_id, profile from customer
where strpos(lower(regexp_replace(coalesce(profile ->> 'name', '') || ' ' || coalesce(profile ->> 'address', ''), '\s', '', 'g')), $1) > 0
order by customer_id limit 20;

-- name: text_by_ref
-- Customers who have texts with a code ($1), whose last is the newest first, and the outages that those speak of: all texts about
-- an outage bear one code, and a code may be that of two customers in years.
select t.customer_id, array_agg(distinct o.mrid) as mrids, count(distinct t.message_id) as texts
from (
  select message_id, customer_id, mrids, requested_at from notification
  where ref = $1 or carried_by in (select message_id from notification where ref = $1)
) t cross join unnest(t.mrids) as o(mrid)
group by t.customer_id order by max(t.requested_at) desc, t.customer_id limit 5;

-- name: texts_of_code
-- The texts of some customers ($2) that bear a code ($1), oldest first: why each was asked for, and why it came to nothing.
select n.message_id, n.customer_id, n.contact_id, n.mrids, n.trigger, n.state, n.body, n.requested_at, n.closed_at,
  n.not_before, n.changes_at, asked.data ->> 'templateId' as template_id, asked.data ->> 'reason' as why, (
    select e.data ->> 'reason' from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version > n.stream_version and e.data ->> 'messageId' = n.message_id
      and e.type in ('message.suppressed.v1', 'message.undelivered.v1', 'message.expired.v1')
    order by e.version desc limit 1
  ) as ended
from notification n
left join event asked on asked.stream_id = 'customer/' || n.customer_id and asked.version = n.stream_version
where (n.ref = $1 or n.carried_by in (select message_id from notification where ref = $1)) and n.customer_id = any($2::text[])
order by n.requested_at, n.message_id limit 50;

-- name: place_kinds
-- Which kinds of place outages or notices call by this name; $1 in normal form.
select distinct kind from place where value = $1;

-- name: place_like
-- Names that outages or notices wrote, and that hold this one; $1 in normal form.
select distinct on (value) value, written from place where strpos(value, $1) > 0 order by value, written limit 5;

-- name: not_folded
-- Facts that say where, newer than the index of places: $1 their types.
select e.position, e.stream_id, e.type, e.data, e.decided_at from event e
where e.position > (select coalesce(max(cursor), 0) from projection where name = 'place' and state = 'live')
  and e.type = any($1::text[])
order by e.position;

-- name: by_model
-- Outages that lie at some of these places ($1 kinds, $2 names in normal form) by the network model, though they do not name them.
select o.mrid, o.kind, o.value, o.back
from unnest($1::text[], $2::text[]) as asked(kind, value) join outage_match o using (kind, value)
where o.by_model
order by o.mrid;

-- name: by_shape
-- Outages of whose shape a rectangle holds any of these customers ($1).
select distinct s.mrid from customer_point p join outage_shape s on s.bounds @> box(p.at, p.at)
where p.customer_id = any($1::text[]) order by s.mrid;

-- name: supply
-- Of the outages that name one of these places ($2 kinds, $3 names in normal form) or are asked for themselves ($4): those
-- that are not over, those over, withdrawn or merged since $1, and those asked for.
with named as (
  select distinct 'outage/' || p.mrid as stream_id
  from unnest($2::text[], $3::text[]) as asked(kind, value) join place p using (kind, value)
  union select 'outage/' || mrid from unnest($4::text[]) as mrid
)
select l.stream_id, l.view::text as view, s.parked_by
from named n join live l using (stream_id) join stream s using (stream_id)
where l.view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored')
  or (l.view ->> 'restoredAt')::timestamptz >= $1
  or (l.view ->> 'withdrawnAt')::timestamptz >= $1
  or (l.view ->> 'mergedAt')::timestamptz >= $1
  or l.stream_id = any (select 'outage/' || mrid from unnest($5::text[]) as mrid)
order by l.stream_id;

-- name: noticed
-- The same of notices: those that end after $1, those of the outages $5, begun or not.
with named as (
  select distinct 'outage/' || p.mrid as stream_id
  from unnest($2::text[], $3::text[]) as asked(kind, value) join place p using (kind, value)
  union select 'outage/' || mrid from unnest($4::text[]) as mrid
)
select l.stream_id, l.view::text as view, s.parked_by
from named n join live l using (stream_id) join stream s using (stream_id)
where (l.view #>> '{notice,plannedPeriod,end}')::timestamptz > $1
  or (l.view ? 'notice' and l.stream_id = any (select 'outage/' || mrid from unnest($5::text[]) as mrid))
order by l.stream_id;

-- name: said
-- What was said about the cause or the reason, and by whom a crew was named, oldest first.
select stream_id, type, data, decided_at from event
where stream_id = any($1::text[]) and type = any($2::text[]) order by position;

-- name: conversation
-- What the notifier holds of some customers.
select stream_id, view::text as view from live where stream_id = any($1::text[]);

-- name: texts
-- The newest texts to some customers since $2.
select message_id, customer_id, contact_id, mrids, trigger, state, body, requested_at, not_before, changes_at, closed_at, (
    select e.data ->> 'templateId' from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version
  ) as template_id
from notification n
where customer_id = any($1::text[]) and requested_at >= $2 order by requested_at desc, message_id limit 10;

-- name: waiting_for_a_person
-- What could not be judged about some outages.
select key, reason, detail, at from quarantine
where state = 'open' and (stream_id = any($1::text[]) or key = any($2::bytea[])) order by at;

-- name: fences
-- How far each input was read.
select topic, partition, next_offset, watermark from consumer_offset
where topic = any($1::text[]) order by topic, partition;

-- name: meters
-- What the meters of some usage points ($1, in normal form) were last read to say; a later reading that cannot be so; a fault
-- that they have now.
select coalesce(m.usage_point, o.usage_point, f.usage_point) as usage_point, m.energised, m.own_generation, m.read_at,
  case when m.recorded_at is null or o.recorded_at > m.recorded_at then o.read_at end as odd_at, f.mrid as fault, f.found_at as fault_since
from unnest($1::text[]) as asked(form)
left join meter_reading m on m.form = asked.form
left join meter_odd o on o.form = asked.form
left join lateral (
  select * from meter_fault f where f.form = asked.form and f.mended_at is null order by f.found_at desc limit 1
) f on true
where m.form is not null or o.form is not null or f.form is not null
order by asked.form limit 20;
