-- name: providers
-- The providers that notifiers were last started with.
select name from sms_provider where started_at > (select max(started_at) from sms_provider) - interval '1 day' order by name;

-- name: run
-- One walk over the provider's list.
select run_id, provider, asked_at, asked_by, since, until, state, note, began_at, ended_at, listed, of_others, settled, differences
from reconciliation where run_id = $1;

-- name: last
-- The walk that ended last, and the one that is under way, if any.
(
  select run_id, provider, asked_at, asked_by, since, until, state, note, began_at, ended_at, listed, of_others, settled, differences
  from reconciliation where state in ('waiting', 'walking') order by asked_at limit 1
)
union all
(
  select run_id, provider, asked_at, asked_by, since, until, state, note, began_at, ended_at, listed, of_others, settled, differences
  from reconciliation where state in ('done', 'failed') order by ended_at desc limit 1
);

-- name: differences
-- Where the provider's list and our books differ, newest first: at most $1.
select provider, sid, kind, message_id, customer_id, status, at, found_at from provider_difference
order by found_at desc, kind, sid limit $1;

-- name: restore
-- That the database went back to an earlier state and is not in line again, if so.
select noticed_at, since, found_by, listed_at, erased_at from database_restore where over_at is null;
