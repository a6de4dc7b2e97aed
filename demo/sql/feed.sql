-- name: decisions
-- Events decided, by type.
select type, count(*) as n from event group by type order by type collate "C";

-- name: promises
-- What became of promises, by rule. `at_risk` counts promises that came close, whatever became of them.
select
  data -> 'rule' ->> 'ruleId' as rule,
  count(*) filter (where type = 'promise.made.v1') as made,
  count(*) filter (where type = 'promise.kept.v1') as kept,
  count(*) filter (where type = 'promise.broken.v1') as broken,
  count(*) filter (where type = 'promise.voided.v1') as voided,
  count(*) filter (where type = 'promise.corrected.v1') as corrected,
  count(distinct data ->> 'promiseId') filter (where type = 'promise.at-risk.v1') as at_risk
from event where type like 'promise.%' group by 1 order by 1;

-- name: quarantined
-- What could not be judged, by reason and state.
select reason, state, count(*) as n from quarantine group by 1, 2 order by 1, 2;

-- name: outcomes
-- What messages came to, by reason.
select outcome, reason, count(*) as n from inbox group by 1, 2 order by 3 desc, 1, 2;

-- name: texts
-- Texts by trigger and state.
select trigger, state, count(*) as n from notification group by 1, 2 order by 1, 2;

-- name: texts_so_far
-- How many texts were asked for.
select count(*) from notification;

-- name: waits
-- From the first moment at which a text might go to the moment at which the provider had it, in domain seconds.
select message_id, greatest(not_before, requested_at) as ready_at from notification;

-- name: timer_lateness
-- How long after their instants timers fired, in domain seconds: their causes end in `@<due at>/<version>`. One that was
-- armed for an instant already past (a promise of days ago, heard of today) counts from the decision that armed it.
with decisions as (
  select stream_id, cause, max(decided_at) as at, min(version) as version from event group by stream_id, cause
), timed as (
  select cause, at, lag(at) over (partition by stream_id order by version) as before from decisions
), timers as (
  select extract(epoch from at - greatest((substring(cause from '@([^@/]+)/\d+$'))::timestamptz, before)) as late
  from timed where cause like '/outage/%/timer/%' or cause like '/outage/%/timer %'
)
select
  count(*) as fired,
  coalesce(percentile_disc(0.5) within group (order by late), 0)::float8 as median,
  coalesce(percentile_disc(0.99) within group (order by late), 0)::float8 as p99,
  coalesce(max(late), 0)::float8 as most
from timers;

-- name: per_customer
-- How many texts customers were asked to read.
select customer_id, count(*) as n from notification group by 1 order by 2 desc, 1;

-- name: told_since
-- Events of some types behind a position and before an instant, as they were decided.
select position, type, data from event
where position > $1 and type = any($2) and decided_at < $3
order by position;

-- name: largest
-- The outages that hit most customers: as first said, and when power was back.
select
  started.data ->> 'mRID' as mrid,
  started.data -> 'extent' -> 'areas' ->> 0 as area,
  (started.data -> 'extent' ->> 'customersAffected')::int as customers,
  started.data ->> 'cause' as cause,
  started.data ->> 'startedAt' as started_at,
  (
    select max(back.data ->> 'restoredAt') from event back
    where back.stream_id = started.stream_id and back.type = 'restoration.confirmed.v1'
  ) as restored_at
from event started
where started.type = 'outage.started.v1' and started.data -> 'extent' -> 'customersAffected' is not null
order by 3 desc, 1 limit $1;
