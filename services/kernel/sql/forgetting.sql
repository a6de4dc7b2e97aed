-- name: reached
-- Up to where the log was looked through by a rule ($1: its name, and of which version its fields are).
select coalesce((select position from forgetting where rule = $1), 0);

-- name: reach
-- It was looked through to $2; it only rises.
insert into forgetting (rule, position) values ($1, $2)
on conflict (rule) do update set position = greatest(forgetting.position, excluded.position);

-- name: span
-- Where the next $2 events after $1 end, if all were decided before $3; else the one before the first that was not. Null: there is none.
select coalesce(min(position) filter (where decided_at >= $3) - 1, max(position))
from (select position, decided_at from event where position > $1 order by position limit $2) e;

-- name: by_age
-- Of the events after $1 and up to $2 those of which something can be taken out by a rule ($3).
select e.position from event e
where e.position > $1 and e.position <= $2
  and exists (select from forgettable g where g.rule = $3 and g.type = e.type)
  and without_words($3, e.type, e.data::jsonb) is distinct from e.data::jsonb
  and not exists (select from forgotten f where f.position = e.position)
order by e.position;

-- name: forget
-- Take out of these events ($3), by a rule ($2), at the asking of $1, now ($4).
select place, stream, number, digest from forget_events($1, $2, $3::bigint[], $4);

-- name: waits
-- Whether a request to forget by a rule ($1) has no answer yet.
select exists (
  select from operator_request r where r.action = 'forget' and r.detail ->> 'rule' = $1 and not exists (
    select from stream s where s.stream_id = 'operator/' || r.id::text and s.version > 0
  )
);
