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

-- name: supply
-- Outages that are not over, and those over since $1.
select l.stream_id, l.view::text as view, s.parked_by from live l join stream s using (stream_id)
where starts_with(l.stream_id, 'outage/') and (
  l.view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored')
  or (l.view ->> 'restoredAt')::timestamptz >= $1
)
order by l.stream_id;

-- name: noticed
-- Notices in force that end after $1, and work that began.
select l.stream_id, l.view::text as view, s.parked_by from live l join stream s using (stream_id)
where starts_with(l.stream_id, 'outage/') and (l.view #>> '{notice,plannedPeriod,end}')::timestamptz > $1
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
select message_id, customer_id, contact_id, mrids, trigger, state, body, requested_at, closed_at from notification
where customer_id = any($1::text[]) and requested_at >= $2 order by requested_at desc, message_id limit 10;

-- name: waiting_for_a_person
-- What could not be judged about some outages.
select key, reason, detail, at from quarantine
where state = 'open' and (stream_id = any($1::text[]) or key = any($2::bytea[])) order by at;

-- name: fences
-- How far each input was read.
select topic, partition, next_offset, watermark from consumer_offset
where topic = any($1::text[]) order by topic, partition;
