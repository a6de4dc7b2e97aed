-- name: begin
-- Promises as far as their name and deadline go ($1: a JSON array), of which there is no row yet; says of which there was none.
insert into promise_case (service, promise_id, stream_id, rule_id, rule, mrid, customer_id, due_at, month)
select service, promise_id, stream_id, rule_id, rule, mrid, customer_id, due_at, month
from jsonb_to_recordset($1::jsonb) as w (
  service text, promise_id text, stream_id text, rule_id text, rule jsonb, mrid text, customer_id text, due_at timestamptz, month text
)
order by service, promise_id
on conflict do nothing
returning service, promise_id;

-- name: known
-- What was heard before of these promises, held until the transaction ends.
select c.service, c.promise_id, c.rule, c.obligation, c.mrid, c.customer_id, c.territories, c.measured_from, c.due_at, c.warned_at,
  c.verdicts, c.explained
from promise_case c join unnest($1::text[], $2::text[]) as w(service, promise_id) using (service, promise_id)
order by c.service, c.promise_id
for update of c;

-- name: put
-- How they stand now ($1: a JSON array).
update promise_case c set
  obligation = w.obligation, territories = w.territories, measured_from = w.measured_from, warned_at = w.warned_at,
  standing = w.standing, verdict_at = w.verdict_at, reason = w.reason, unproven = w.unproven,
  corrected_from = w.corrected_from, verdicts = w.verdicts, explained = w.explained, stream_id = coalesce(w.stream_id, c.stream_id), fresh = true
from jsonb_to_recordset($1::jsonb) as w (
  service text, promise_id text, stream_id text, obligation text, territories text[], measured_from timestamptz,
  warned_at timestamptz, standing text, verdict_at timestamptz, reason text, unproven boolean, corrected_from text, verdicts jsonb,
  explained jsonb
)
where c.service = w.service and c.promise_id = w.promise_id;

-- name: read_upto
-- Up to which position of the log all promises are in the table.
select position from promise_case_read;

-- name: log_end
-- The end of the log: whatever lies before it is committed.
select coalesce(max(position), 0) from event;

-- name: unread
-- Words on promises in the log after a position ($1) up to another ($2), at most $3 of them.
select position, stream_id, event_id, type, data from event
where position > $1 and position <= $2 and type = any($4::text[])
order by position limit $3;

-- name: set_read
-- All up to there are.
update promise_case_read set position = $1 where position < $1;
