-- name: measured
-- What was measured of an outage before.
select rule_id, episode, month, rule, obligation, territories, since, done_at, left_out from measured_case where mrid = $1 and not gone;

-- name: gone
-- Of an outage ($1) these ($2 to $4) are measured no more.
update measured_case m set gone = true, fresh = true
from unnest($2::text[], $3::bigint[], $4::text[]) as w(rule_id, episode, month)
where m.mrid = $1 and m.rule_id = w.rule_id and m.episode = w.episode and m.month = w.month;

-- name: put_measured
-- What is measured now ($1: a JSON array).
insert into measured_case as m (mrid, rule_id, episode, month, rule, obligation, territories, since, done_at, left_out)
select mrid, rule_id, episode, month, rule, obligation, territories, since, done_at, left_out
from jsonb_to_recordset($1::jsonb) as w (
  mrid text, rule_id text, episode bigint, month text, rule jsonb, obligation text, territories text[], since timestamptz,
  done_at timestamptz, left_out text
)
on conflict (mrid, rule_id, episode, month) do update set
  rule = excluded.rule, obligation = excluded.obligation, territories = excluded.territories, since = excluded.since,
  done_at = excluded.done_at, left_out = excluded.left_out, gone = false, fresh = true;

-- name: rules
-- The cases of a month ($1) rule by rule: how they stand, how long they took, and a digest over their lines.
select rule_id, (array_agg(rule::text order by since desc nulls last, name collate "C"))[1] as rule, max(obligation) as obligation,
  count(*) filter (where kind = 'promise') as made,
  count(*) filter (where standing = 'kept') as kept,
  count(*) filter (where standing = 'broken') as broken,
  count(*) filter (where standing = 'voided') as voided,
  count(*) filter (where standing = 'open') as open,
  count(*) filter (where corrected_from is not null) as corrected,
  count(*) filter (where standing = 'measured') as measured,
  count(*) filter (where standing = 'waiting') as waiting,
  coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(in_time), 0)::bigint as in_time,
  coalesce(sum(extract(epoch from at - since) * 1000000) filter (where standing = 'measured' and minutes is not null), 0)::bigint as total_us,
  percentile_cont(0.5) within group (order by minutes::float8) filter (where standing = 'measured') as median_minutes,
  encode(sha256(convert_to(string_agg(line || E'\n', '' order by kind collate "C", name collate "C"), 'UTF8')), 'hex') as digest
from cases_of($1) group by rule_id order by rule_id collate "C";

-- name: reasons
-- Why promises did not bind, and why cases are left out, by rule.
select rule_id, standing, coalesce(reason, '') as reason, count(*) as count
from cases_of($1) where standing in ('voided', 'left-out') group by rule_id, standing, reason
order by rule_id collate "C", standing, reason collate "C";

-- name: worst
-- The cases that took longest, $2 of each rule.
select rule_id, name, minutes::float8 as minutes from (
  select rule_id, name, minutes, row_number() over (partition by rule_id order by minutes desc, name collate "C") as n
  from cases_of($1) where standing = 'measured' and minutes is not null
) ranked
where n <= $2 order by rule_id collate "C", n;

-- name: digest
-- How many cases a month has, and one digest over all their lines.
select count(*) as cases, encode(sha256(convert_to(
    coalesce(string_agg(line || E'\n', '' order by rule_id collate "C", kind collate "C", name collate "C"), ''), 'UTF8')), 'hex') as digest
from cases_of($1);

-- name: hold_still
-- Nothing is added to any month until the transaction ends: a statement and its cases are of one moment. All that view month_case
-- is made of, in the order in which a decision writes it: the other way round the two would wait for each other.
lock table measured_case, followup, hotline_hour, promise_case in share mode;

-- name: put_statement
-- A statement as it is published; says under which name its cases (digest: $6) are written down already, if they are. $7: it was
-- published in a time that the database has lost, and its cases with it where they are not here.
insert into statement (statement_id, month, number, published_at, data, cases_id, lost)
select $1, $2, $3, $4, $5::jsonb, w.cases_id, $7 and w.cases_id is null
from (select (
  select d.cases_id from statement_draft d where d.month = $2 and d.digest = $6 order by d.made_at desc, d.draft_id limit 1
) as cases_id) w
on conflict do nothing returning cases_id;

-- name: freeze
-- Its cases as they stand now.
insert into statement_case (statement_id, rule_id, kind, name, line)
select $1, rule_id, kind, name, line from cases_of($2)
on conflict do nothing;

-- name: earlier
-- The statements that stand of months before this one ($1), the latest $2 of them.
select data::text as data from (
  select distinct on (month) month, data from statement where month < $1 order by month desc, number desc
) latest order by month desc limit $2;

-- name: months
-- Every month that has a case.
with recursive
  promised as (
    (select month from promise_case order by month limit 1)
    union all
    select (select c.month from promise_case c where c.month > p.month order by c.month limit 1) from promised p where p.month is not null
  ),
  measured as (
    (select month from measured_case order by month limit 1)
    union all
    select (select c.month from measured_case c where c.month > p.month order by c.month limit 1) from measured p where p.month is not null
  )
select month from promised where month is not null union select month from measured where month is not null order by month;

-- name: unopened
-- Of these months ($1) those that nobody has opened.
select w.month from unnest($1::text[]) as w(month)
where not exists (select from stream s where s.stream_id = 'month/' || w.month) order by w.month;

-- name: counted
-- Of these months ($1) those that were counted and have cases that changed since; but for parked ones.
select w.month from unnest($1::text[]) as w(month)
join live l on l.stream_id = 'month/' || w.month join stream s using (stream_id)
where l.view -> 'counted' <> 'null'::jsonb and s.parked_by is null and (
  exists (select from promise_case c where c.month = w.month and c.fresh)
  or exists (select from measured_case c where c.month = w.month and c.fresh)
  or exists (
    select from hotline_hour h cross join month_terms t
    where h.fresh and h.hour >= (w.month || '-01')::timestamp at time zone t.zone
      and h.hour < ((w.month || '-01')::timestamp + interval '1 month') at time zone t.zone
  )
  or exists (
    select from followup f cross join month_terms t
    where f.fresh and f.due_from >= (w.month || '-01')::timestamp at time zone t.zone
      and f.due_from < ((w.month || '-01')::timestamp + interval '1 month') at time zone t.zone
  )
)
order by w.month;

-- name: looked_promises
-- Some changed cases of a month ($1), $2 of them, are news to it from here on.
update promise_case c set fresh = false
from (select service, promise_id from promise_case where month = $1 and fresh limit $2 for update skip locked) w
where c.service = w.service and c.promise_id = w.promise_id;

-- name: looked_measures
-- The same of what was measured.
update measured_case c set fresh = false
from (select mrid, rule_id, episode, month from measured_case where month = $1 and fresh limit $2 for update skip locked) w
where c.mrid = w.mrid and c.rule_id = w.rule_id and c.episode = w.episode and c.month = w.month;

-- name: put_news
-- A month has something to count.
insert into month_news (month, number) values ($1, nextval('month_news_number'))
on conflict (month) do update set number = excluded.number;

-- name: news
-- Months that have something to count, but for those that wait for a person.
select n.month, n.number from month_news n join stream s on s.stream_id = 'month/' || n.month
where s.parked_by is null order by n.month;

-- name: heard
-- It was counted, unless there is more.
delete from month_news where month = $1 and number = $2;

-- name: zone
-- By which zone months were counted until now.
select zone from month_terms;

-- name: set_zone
-- From now on by this one ($1).
insert into month_terms (zone) values ($1) on conflict (one) do update set zone = excluded.zone;

-- name: decided_until
-- When the last event of the log was decided; null: it is empty.
select decided_at from event order by position desc limit 1;

-- name: under_another
-- Of months ($1) that were opened and last beyond $2 those that name another policy than this ($3, its version) as the last, or none; but
-- for parked ones.
select w.month from unnest($1::text[]) as w(month)
join live l on l.stream_id = 'month/' || w.month join stream s using (stream_id)
where s.parked_by is null and (l.view #>> '{opened,endsAt}')::timestamptz > $2
  and l.view #>> '{opened,policies,-1,policyVersion}' is distinct from $3
order by w.month;

-- name: due
-- Of months ($1) those that are judged from $2 or before on and were not counted; but for parked ones.
select w.month from unnest($1::text[]) as w(month)
join live l on l.stream_id = 'month/' || w.month join stream s using (stream_id)
where s.parked_by is null and l.view -> 'counted' = 'null'::jsonb and (l.view #>> '{opened,judgedFrom}')::timestamptz <= $2
order by w.month;

-- name: move_promises
-- Promises that fall in another month by this zone ($1).
update promise_case set month = to_char(due_at at time zone $1, 'YYYY-MM'), fresh = true
where month <> to_char(due_at at time zone $1, 'YYYY-MM');

-- name: make_room
-- What is measured no more gives way to what moves to its month by this zone ($1).
delete from measured_case g using measured_case m
where g.gone and not m.gone and g.mrid = m.mrid and g.rule_id = m.rule_id and g.episode = m.episode and g.month <> m.month
  and g.month = to_char(m.since at time zone $1, 'YYYY-MM');

-- name: move_measures
-- The same of what is measured.
update measured_case set month = to_char(since at time zone $1, 'YYYY-MM'), fresh = true
where month <> to_char(since at time zone $1, 'YYYY-MM') and not gone;

-- name: unmeasured
-- Outages of which something was heard after the mark, up to a position ($1), that another version may have left unmeasured, and the
-- partitions of their streams: nothing is measured of a fault that was reported, or, once all was looked through, the last to hear of it
-- has views without figures.
select s.stream_id, s.partition from stream s
join (
  select e.stream_id, bool_or(e.type in ('fault.reported.v1', 'fault.reported.v2')) as is_reported from event e
  where e.position > (select position from measured_case_read) and e.position <= $1 and starts_with(e.stream_id, 'outage/')
  group by e.stream_id
) w using (stream_id)
where s.parked_by is null and (
  (w.is_reported and not exists (select from measured_case m where m.mrid = substr(s.stream_id, 8)))
  or (
    exists (select from measured_case_read where position > 0)
    and exists (select from live l where l.stream_id = s.stream_id and l.view -> 'figures' is null)
  )
)
order by s.stream_id;

-- name: set_measured
-- All of the log up to there ($1) was looked through.
update measured_case_read set position = greatest(position, $1);

-- name: looked_calls
-- Calls back of a month ($1) that changed are news to it from here on, $2 of them.
update followup f set fresh = false
from (
  select f2.mrid, f2.report_id from followup f2 cross join month_terms t
  where f2.fresh and f2.due_from >= ($1::text || '-01')::timestamp at time zone t.zone
    and f2.due_from < (($1::text || '-01')::timestamp + interval '1 month') at time zone t.zone
  limit $2 for update of f2 skip locked
) w
where f.mrid = w.mrid and f.report_id = w.report_id;

-- name: looked_hours
-- Hours of the hotline of a month ($1) that changed are news to it from here on, $2 of them.
update hotline_hour h set fresh = false
from (
  select h2.hotline, h2.hour from hotline_hour h2 cross join month_terms t
  where h2.fresh and h2.hour >= ($1::text || '-01')::timestamp at time zone t.zone
    and h2.hour < (($1::text || '-01')::timestamp + interval '1 month') at time zone t.zone
  limit $2 for update of h2 skip locked
) w
where h.hotline = w.hotline and h.hour = w.hour;
