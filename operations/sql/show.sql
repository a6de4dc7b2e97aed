-- name: head
-- One stream's head and live view.
select s.version, s.parked_by, l.view::text as view from stream s left join live l using (stream_id) where s.stream_id = $1;

-- name: stream_events
-- One stream, oldest first.
select stream_id, version, event_id, type, data, reason, cause, decided_at, chain, position
from event where stream_id = $1 order by version;

-- name: complaints_of
-- Complaints about an outage, at most $2 (restorer's schema).
select complaint_id from complaint_outage where mrid = $1 order by complaint_id limit $2;

-- name: complaints_counted
-- How many complaints about an outage came, by whatever version of their events, how many are answered and how many withdrawn.
select count(*) as received, count(*) filter (where l.view ->> 'answeredAt' is not null) as answered,
  count(*) filter (where l.view ->> 'withdrawnAt' is not null) as withdrawn
from complaint_outage c join live l on l.stream_id = 'complaint/' || c.complaint_id
where c.mrid = $1 and l.view ->> 'receivedAt' is not null;

-- name: fanned_out
-- To whom an outage was passed on, part by part; its customers' texts stand elsewhere.
select e.stream_id, e.version, e.event_id, e.type, e.data, e.reason, e.cause, e.decided_at, e.chain, e.position
from stream s join event e using (stream_id)
where starts_with(s.stream_id, 'fanout/' || $1 || '/') order by e.position;

-- name: text_events
-- What some customers' streams say about some texts.
select stream_id, version, event_id, type, data, reason, cause, decided_at, chain, position
from event where stream_id = any($1::text[]) and data->>'messageId' = any($2::text[]) order by position;

-- name: texts_of_outage
-- Texts that speak of an outage.
select message_id from notification where $1 = any(mrids) order by requested_at, message_id;

-- name: texts_of_customer
-- Texts to a customer.
select message_id from notification where customer_id = $1 order by requested_at, message_id;

-- name: texts
-- Texts as the sender sees them.
select message_id, customer_id, contact_id, mrids, trigger, lane, state, ref, body, requested_at, not_before, changes_at, due_at,
  expires_at, provider_sid, (
    select e.data ->> 'templateId' from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version
  ) as template_id
from notification n where message_id = any($1::text[]) order by requested_at, message_id;

-- name: attempts
-- Every attempt at some texts.
select message_id, n, provider, started_at, outcome, provider_sid, provider_code
from attempt where message_id = any($1::text[]) order by message_id, n;

-- name: quarantined_of
-- What is set aside of some streams, or under their key.
select quarantine_id, at, reason, detail, type, stream_id from quarantine
where state = 'open' and (stream_id = any($1::text[]) or key = $2) order by at, topic, partition, record_offset;
