-- name: outage_stream
-- One outage's stream with, beside each event, the chain value before it.
select e.stream_id, e.version, e.event_id, e.type, e.data, e.cause, e.reason, e.decided_at, e.chain, e.position, p.chain as previous,
  f.rule as forgotten_by, f.at as forgotten_at, f.request_id
from event e left join event p on p.stream_id = e.stream_id and p.version = e.version - 1
  left join forgotten f on f.position = e.position
where e.stream_id = $1 order by e.version;

-- name: customer_events
-- What some customers' streams ($1) say about some texts ($2) or about one outage ($3).
select e.stream_id, e.version, e.event_id, e.type, e.data, e.cause, e.reason, e.decided_at, e.chain, e.position, p.chain as previous,
  f.rule as forgotten_by, f.at as forgotten_at, f.request_id
from event e left join event p on p.stream_id = e.stream_id and p.version = e.version - 1
  left join forgotten f on f.position = e.position
where e.stream_id = any($1::text[]) and (
  e.data->>'messageId' = any($2::text[]) or e.data->>'mRID' = $3 or coalesce((e.data->'mrids')::jsonb, '[]') ? $3
)
order by e.position;

-- name: texts_of_outage
-- Texts that speak of an outage; $2: to this customer only, or null.
select message_id, customer_id, contact_id, mrids, trigger, lane, state, ref, body, requested_at, due_at, expires_at, provider_sid
from notification where $1 = any(mrids) and ($2::text is null or customer_id = $2) order by requested_at, message_id;

-- name: attempts
-- Every attempt at some texts.
select message_id, n, provider, started_at, outcome, provider_sid, provider_code
from attempt where message_id = any($1::text[]) order by message_id, n;

-- name: forgetting_steps
-- What some steps of forgetting ($1: requests) asked and came to.
select e.stream_id, e.version, e.event_id, e.type, e.data, e.cause, e.reason, e.decided_at, e.chain, e.position, p.chain as previous,
  null::text as forgotten_by, null::timestamptz as forgotten_at, null::uuid as request_id
from event e left join event p on p.stream_id = e.stream_id and p.version = e.version - 1
where e.stream_id = any($1::text[]) order by e.position;

-- name: forgotten_of
-- All that some steps ($1) took from, by step and position.
select f.request_id, f.position, e.stream_id, e.version, f.rest
from forgotten f join event e using (position) where f.request_id = any($1::uuid[]) order by f.request_id, f.position;
