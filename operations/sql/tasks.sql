-- name: open
-- Open tasks of one service.
select task_id, concern, kind, mrid, reason, urgency, opened_at, due_at, state, raised, taken_by, taken_at, concerned,
  whom::text as whom, note, closed_at, closed_for
from task where state in ('open', 'taken');

-- name: closed
-- Tasks that are over, the latest first; at most $1.
select task_id, concern, kind, mrid, reason, urgency, opened_at, due_at, state, raised, taken_by, taken_at, concerned,
  whom::text as whom, note, closed_at, closed_for
from task where state in ('done', 'expired') order by closed_at desc, task_id limit $1;

-- name: named
-- Tasks whose id begins so ($1), open or over.
select task_id, concern, kind, mrid, reason, urgency, opened_at, due_at, state, raised, taken_by, taken_at, concerned,
  whom::text as whom, note, closed_at, closed_for
from task where starts_with(lower(task_id), lower($1)) order by opened_at;

-- name: subjects
-- All that a task ($1) is about now, the most urgent first; at most $2.
select c.customer_id, c.mrid, c.ref, c.urgency, c.since, c.reason
from standing_cause c
where c.cause_id in (select t.cause_id from task_cause t where t.task_id = $1)
order by c.urgency, c.since, c.customer_id, c.ref limit $2;

-- name: concerning
-- Tasks about an outage ($1) or a customer ($2): the one is null. Open ones by all that they are about now; of those that are over by
-- whom they named.
select k.task_id, k.concern, k.kind, k.mrid, k.reason, k.urgency, k.opened_at, k.due_at, k.state, k.raised, k.taken_by, k.taken_at,
  k.concerned, k.whom::text as whom, k.note, k.closed_at, k.closed_for
from task k
where case
  when k.state in ('open', 'taken') then k.task_id in (
    select t.task_id from task_cause t join standing_cause c using (cause_id) where c.mrid = $1 or c.customer_id = $2
  )
  else k.mrid = $1 or exists (
    select from json_array_elements(k.whom) as w where w ->> 'mRID' = $1 or w ->> 'customerId' = $2
  )
end
order by k.opened_at, k.task_id;
