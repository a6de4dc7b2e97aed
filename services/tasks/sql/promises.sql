-- name: put
-- Promises ($1: a JSON array) for which a person is needed; of those that were warned of before, when, and who had the task.
insert into promise_alarm (
  promise_id, stream_id, mrid, rule_id, kind, reason, number, warnings, due_at, since, useful_until, rank
)
select promise_id, stream_id, mrid, rule_id, kind, reason, number, warnings, due_at, since, useful_until, rank
from jsonb_to_recordset($1::jsonb) as w (
  promise_id text, stream_id text, mrid text, rule_id text, kind text, reason text, number bigint, warnings bigint,
  due_at timestamptz, since timestamptz, useful_until timestamptz, rank text
)
order by promise_id
on conflict (promise_id) do update set
  kind = excluded.kind, reason = excluded.reason, due_at = excluded.due_at, since = excluded.since,
  number = coalesce(excluded.number, promise_alarm.number), warnings = coalesce(excluded.warnings, promise_alarm.warnings),
  warned_at = case when promise_alarm.kind = 'promise-at-risk' then promise_alarm.since else promise_alarm.warned_at end,
  had_by = coalesce(
    (
      select k.taken_by from task_cause t join task k using (task_id)
      where t.cause_id = md5(concat_ws('|', 'promise-at-risk', promise_alarm.promise_id, promise_alarm.number))
    ),
    promise_alarm.had_by
  ),
  useful_until = excluded.useful_until,
  rank = excluded.rank;

-- name: drop
-- Promises ($1) for which nobody is needed any more.
delete from promise_alarm where promise_id = any($1::text[]);

-- name: forget
-- Promises of which it is asked no more at an instant ($1) why they were broken.
delete from promise_alarm where useful_until <= $1;

-- name: made_in
-- In which streams the promises with these ids ($1) were made: by what people are asked, and by the read model.
select promise_id, stream_id from promise_alarm where promise_id = any($1::text[])
union
select promise_id, stream_id from promise where promise_id = any($1::text[]);
