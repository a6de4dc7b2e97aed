-- name: any_due
-- Whether, at an instant ($1), something stands that is no task's, a task's cause is gone, or a task is overdue. Here and below
-- by hashed sets (in, not in): a join may go through all that stands once for each cause, where a table has just grown.
-- What stands is many tables' to say, and this is asked twice a second: it is planned and read once for both.
with standing as materialized (
  select c.cause_id, c.since from standing_cause c where c.useful_until is null or c.useful_until > $1
)
select exists (
  select from standing s where s.cause_id not in (select t.cause_id from task_cause t) and s.since <= $1
) or exists (
  select from task_cause t where t.cause_id not in (select s.cause_id from standing s)
) or exists (select from task where state in ('open', 'taken') and due_at <= $1) as due;

-- name: fresh
-- What stands at an instant ($1) and is no task's yet: by kind and what it is about, the most urgent first, at most $2 of them.
select c.kind, c.about, min(c.urgency) as urgency, min(c.since) as since
from standing_cause c
where c.cause_id not in (select t.cause_id from task_cause t)
  and c.since <= $1 and (c.useful_until is null or c.useful_until > $1)
group by c.kind, c.about
order by 3, 4, 1, 2
limit $2;

-- name: open
-- The concerns of open tasks, with their kind.
select concern, kind from task where state in ('open', 'taken');

-- name: moved
-- Concerns of open tasks that are overdue at an instant ($1), or of whose causes one is gone.
select k.concern, k.kind from task k where k.state in ('open', 'taken') and k.due_at <= $1
union
select k.concern, k.kind from task k join task_cause t using (task_id)
where k.state in ('open', 'taken')
  and t.cause_id not in (select c.cause_id from standing_cause c where c.useful_until is null or c.useful_until > $1);

-- name: parked
-- Concerns whose stream is parked: nothing can be decided of them until that is mended.
select substr(stream_id, 6) as concern from stream where parked_by is not null and starts_with(stream_id, 'task/');

-- name: versions
-- How far the streams of these concerns ($1) are.
select substr(stream_id, 6) as concern, version from stream
where stream_id = any(select 'task/' || c from unnest($1::text[]) as c);

-- name: forget
-- Causes that are gone at an instant ($1), of tasks that are over: should they come again, they are new.
delete from task_cause t using task k
where k.task_id = t.task_id and k.state in ('done', 'expired')
  and t.cause_id not in (select c.cause_id from standing_cause c where c.useful_until is null or c.useful_until > $1);

-- name: added
-- What stands at an instant ($3) of a kind ($1), is about some things ($2), and is no task's yet: at most $4, most urgent first.
select c.cause_id, c.since
from standing_cause c
where c.cause_id not in (select t.cause_id from task_cause t) and c.kind = $1 and c.about = any($2::text[]) and c.since <= $3
  and (c.useful_until is null or c.useful_until > $3)
order by c.urgency, c.since, c.cause_id
limit $4;

-- name: gone
-- Causes of a concern's open task ($1) that stand no longer at an instant ($2), at most $3; outlived: it is there, and of no use.
select t.cause_id, t.cause_id in (select c.cause_id from standing_cause c) as outlived
from task k join task_cause t using (task_id)
where k.concern = $1 and k.state in ('open', 'taken')
  and t.cause_id not in (select c.cause_id from standing_cause c where c.useful_until is null or c.useful_until > $2)
order by t.cause_id
limit $3;

-- name: standing
-- All that a concern's task ($1) is about at an instant ($4) with what is added now (kind $2, about $3), most urgent first: the first $5
-- of them, and how many there are.
select c.reason, c.mrid, c.customer_id, c.ref, c.urgency, c.since, count(*) over () as concerned
from standing_cause c
where c.since <= $4 and (c.useful_until is null or c.useful_until > $4) and (
  c.cause_id in (
    select t.cause_id from task k join task_cause t using (task_id) where k.concern = $1 and k.state in ('open', 'taken')
  )
  or (c.kind = $2 and c.about = any($3::text[]) and c.cause_id not in (select t.cause_id from task_cause t))
)
order by c.urgency, c.since, c.customer_id, c.ref
limit $5;

-- name: opened
-- A task stands.
insert into task (
  task_id, concern, kind, mrid, reason, urgency, opened_at, due_at, state, concerned, whom
) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10::json);

-- name: changed
-- It is about others now.
update task set urgency = $2, due_at = $3, concerned = $4, whom = $5::json, reason = $6 where task_id = $1;

-- name: raised
-- Nobody has done it in time.
update task set raised = $2, due_at = $3 where task_id = $1;

-- name: taken
-- Somebody has it.
update task set state = 'taken', taken_by = $2, taken_at = $3, due_at = $4 where task_id = $1;

-- name: done
-- Somebody has done it.
update task set state = 'done', taken_by = $2, note = $3, closed_at = $4, closed_for = 'done' where task_id = $1;

-- name: expired
-- Nobody need do it any more.
update task set state = 'expired', closed_at = $2, closed_for = $3 where task_id = $1;

-- name: put_causes
-- Causes that a task ($1) about a concern ($2) has from now on: $3, $4.
insert into task_cause (task_id, concern, cause_id, since)
select $1, $2, w.cause_id, w.since from unnest($3::text[], $4::timestamptz[]) as w(cause_id, since)
on conflict (cause_id) do update set task_id = excluded.task_id, concern = excluded.concern;

-- name: drop_causes
-- And which no longer.
delete from task_cause where task_id = $1 and cause_id = any($2::text[]);

-- name: drop_all
-- Of a task that is over without anybody having done it none: what comes again opens another.
delete from task_cause where task_id = $1;

-- name: counted
-- Open tasks by kind, and whether they were raised.
select kind, raised > 0 as raised, count(*) as tasks from task where state in ('open', 'taken') group by 1, 2;
