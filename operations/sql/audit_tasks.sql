-- name: untasked
-- What stands at an instant ($1) and is no task's, the oldest first; at most $2.
select c.kind, c.about, c.customer_id, c.ref, c.since
from standing_cause c
where c.cause_id not in (select t.cause_id from task_cause t) and c.since <= $1 and (c.useful_until is null or c.useful_until > $1)
  and not exists (
    select from stream s where s.parked_by is not null and starts_with(s.stream_id, 'task/')
      and split_part(s.stream_id, '/', 3) = c.kind
  )
order by c.since, c.cause_id limit $2;

-- name: causeless
-- Open tasks none of whose causes stands at an instant ($1).
select k.task_id, k.concern from task k
where k.state in ('open', 'taken') and k.task_id not in (
  select t.task_id from task_cause t
  where t.cause_id in (select c.cause_id from standing_cause c where c.useful_until is null or c.useful_until > $1)
) and not exists (select from stream s where s.stream_id = 'task/' || k.concern and s.parked_by is not null)
order by k.task_id;

-- name: tasks
-- Open tasks beside what the log says of them, and tasks that the log has open and the table has not.
select coalesce(k.task_id, v.task ->> 'task_id') as task_id, k.state, k.taken_by, k.raised, k.concerned,
  v.task ->> 'task_id' as logged_id, v.task ->> 'standing' as logged_state, v.task ->> 'by' as logged_by,
  (v.task ->> 'raised')::bigint as logged_raised, (v.task ->> 'concerned')::bigint as logged_concerned
from (select * from task where state in ('open', 'taken')) k
full join (
  select substr(l.stream_id, 6) as concern, l.view -> 'task' as task from live l
  where starts_with(l.stream_id, 'task/') and l.view -> 'task' ->> 'standing' in ('open', 'taken')
) v using (concern);

-- name: counted
-- How many tasks there ever were.
select count(*)::int from task;
