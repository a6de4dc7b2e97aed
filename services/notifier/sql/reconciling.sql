-- name: open_run
-- The walk over provider $1's list that was asked for first and is not over, and whether any is.
select run_id, asked_at, asked_by, since, state, began_at from reconciliation
where provider = $1 and state in ('waiting', 'walking') order by asked_at, run_id limit 1;

-- name: history
-- Of provider $1: up to when the last whole walk saw its list, when one was last begun, and when our first attempt with it began.
select
  (select max(until) from reconciliation where provider in ($1, '*') and state = 'done') as seen_until,
  (select max(coalesce(ended_at, asked_at)) from reconciliation where provider = $1 and asked_by is null) as last_daily,
  (select min(started_at) from attempt where provider = $1 and provider_sid is not null) as first_attempt,
  (select count(*) from provider_difference where provider = $1) as differences;

-- name: ask_run
-- A walk is asked for: $1 its id, $2 provider, $3 now, $4 by whom, $5 since when.
insert into reconciliation (run_id, provider, asked_at, asked_by, since, state) values ($1, $2, $3, $4, $5, 'waiting');

-- name: wait_for
-- What a walk waits for.
update reconciliation set note = $2 where run_id = $1 and note <> $2;

-- name: begin_run
-- It begins, or begins again where whoever walked was killed: $2 now, $3 until when it looks.
update reconciliation set state = 'walking', note = '', began_at = $2, until = $3, listed = 0, of_others = 0, settled = 0
where run_id = $1;

-- name: count_page
-- A page was looked through: messages of ours, of others on the account, and texts that it settled.
update reconciliation set listed = listed + $2, of_others = of_others + $3, settled = settled + $4 where run_id = $1;

-- name: end_run
-- It is over: $2 done or failed, $3 why, $4 now. Differences of its time that it did not find again are gone.
with gone as (
  delete from provider_difference d using reconciliation r
  where r.run_id = $1 and $2 = 'done' and r.provider in (d.provider, '*') and d.at between r.since and r.until and d.run_id <> $1
)
update reconciliation
set state = $2, note = $3, ended_at = $4, differences = (select count(*) from provider_difference where run_id = $1)
where run_id = $1;

-- name: known
-- Which of these ids of the provider's ($1) are ours, of which text, and how far that is.
select a.sid, n.message_id, n.customer_id, n.state, coalesce(a.n, 1) as n
from (
  select provider_sid as sid, message_id, n from attempt where provider_sid = any($1::text[])
  union all
  select t.provider_sid, t.message_id, null from notification t
  where t.provider_sid = any($1::text[]) and not exists (select from attempt b where b.provider_sid = t.provider_sid)
) a
join notification n using (message_id);

-- name: seen
-- The list showed these ids ($1) at $2.
update attempt set listed_at = $2 where provider_sid = any($1::text[]);

-- name: booked
-- Our texts to the number of blind index $1, asked for since $2: of contacts who have it, and of attempts that went to it.
select n.message_id, n.customer_id, n.ref, n.state, n.attempts, n.provider_sid as sid, n.requested_at,
  coalesce(
    (select a.body from attempt a where a.message_id = n.message_id and a.body is not null order by a.n desc limit 1), n.body
  ) as body
from (
  select t.message_id from contact_vault v join notification t using (contact_id) where v.blind_index = $1
  union
  select a.message_id from attempt a where a.number_ref = $1
) w
join notification n using (message_id)
where n.requested_at >= $2
order by n.requested_at, n.message_id;

-- name: take_aside
-- A text that waits for its turn is with the provider already: before that is said of it nobody may claim it. It gets an attempt of
-- nobody (owner 0) that stands for the unknown one: $2 provider, $3 when the message was made, $4 now, $5 its number's blind index.
with aside as (
  update notification set state = 'unknown', attempts = attempts + 1, provider = $2
  where message_id = $1 and state = 'ready'
  returning message_id, attempts
)
insert into attempt (message_id, n, provider, owner, started_at, closed_at, deadline, outcome, number_ref)
select message_id, attempts, $2, 0, $3, $4, $4, 'unknown', $5 from aside
returning n;

-- name: differs
-- A difference: $1 provider, $2 its id of the message, $3 kind, $4 text, $5 customer, $6 the provider's state, $7 since when, $8 now, $9 walk.
insert into provider_difference (provider, sid, kind, message_id, customer_id, status, at, found_at, run_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (provider, sid, kind) do update set status = excluded.status, run_id = excluded.run_id;

-- name: whose_number
-- Whose a number is, by its blind index.
select customer_id from contact_vault where blind_index = $1 order by put_at desc, customer_id limit 1;

-- name: unlisted
-- Texts that provider $1 took between $2 and $3, which the list has not shown since $4; after ($5, $6) in their order.
select n.message_id, n.customer_id, n.state, a.n, a.provider_sid as sid, a.started_at
from attempt a join notification n using (message_id)
where a.provider = $1 and a.provider_sid is not null and a.started_at between $2 and $3
  and (a.listed_at is null or a.listed_at < $4) and (a.started_at, a.message_id) > ($5, $6)
order by a.started_at, a.message_id limit 200;

-- name: overdue
-- Whether a deadline of before $1 has not been judged though its stream can be.
select exists (
  select from timer t join stream s using (stream_id) where t.due_at < $1 and s.parked_by is null
);

-- name: restore
-- That the database went back to an earlier state and is not in line again, if so.
select noticed_at, since, found_by, listed_at, erased_at from database_restore where over_at is null;

-- name: log_end
-- When what the log has last was decided; null where it has nothing.
select decided_at from event order by position desc limit 1;

-- name: not_here
-- Which of these events ($1) are neither in the log nor known from a time that it went back before.
select w.id from unnest($1::uuid[]) as w(id)
where not exists (select from event e where e.event_id = w.id)
  and not exists (select from database_restore r where w.id::text = any(r.evidence));

-- name: notice
-- It went back: $1 now, $2 since when it lacks, $3 found by, $4 evidence, $5 since when that is settled, if it is.
insert into database_restore (noticed_at, since, found_by, evidence, over_at) values ($1, $2, $3, $4, $5)
on conflict do nothing returning noticed_at;

-- name: hold
-- All lanes ($1) that run stop; $2 now, $3 who, $4 why.
insert into brake (lane, stopped_at, who, reason) select w.lane, $2::timestamptz, $3, $4 from unnest($1::text[]) as w(lane)
on conflict do nothing;

-- name: listed_since
-- How many of these providers ($1) were walked to the end from $2 on, by walks that were asked for since $3.
select count(distinct provider) from reconciliation
where provider = any($1::text[]) and state = 'done' and since <= $2 and asked_at >= $3;

-- name: is_listed
-- The provider's list is reconciled for the whole time that was lost ($1: from when the walk looked).
update database_restore set listed_at = $2 where over_at is null and listed_at is null and since >= $1;

-- name: is_erased
-- Erasures of that time are applied again.
update database_restore set erased_at = coalesce(erased_at, $1) where over_at is null;

-- name: is_over
-- It is in line again.
update database_restore set over_at = $1 where over_at is null;

-- name: known_differences
-- Which of these ids of the provider's ($1) a walk found to be none of ours.
select sid from provider_difference where sid = any($1::text[]);

-- name: settled_until
-- When it was last seen that the database had gone back.
select max(noticed_at) from database_restore;

-- name: let_go
-- Lanes that $1 stopped, and nobody else, go on.
delete from brake where who = $1;
