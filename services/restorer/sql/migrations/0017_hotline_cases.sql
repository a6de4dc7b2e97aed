-- Calls to the hotline are cases of the rules that say how soon they are answered, hour by hour, where a call centre counts them.
-- depends: 0016_call_back_cases

-- migrate: apply

alter table month_terms add column hotline jsonb not null default '[]';
alter table hotline_hour add column fresh boolean not null default true;
create index hotline_hour_fresh on hotline_hour (hour) where fresh;

create or replace view month_case as
select c.month, c.rule_id, 'promise' as kind, c.service || ' ' || c.promise_id as name, c.rule, c.obligation, c.mrid, c.standing, c.reason,
  c.corrected_from, c.measured_from as since, c.verdict_at as at, null::numeric as minutes,
  json_build_array(
    'promise', c.rule_id, c.service, c.promise_id, c.rule ->> 'policyVersion', c.mrid, c.customer_id, c.territories,
    to_char(c.measured_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(c.due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    c.standing,
    to_char(c.verdict_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    c.reason, c.corrected_from
  )::text as line, null::bigint as calls, null::bigint as in_time
from promise_case c
union all
select m.month, m.rule_id, 'measure', m.mrid || ' ' || m.episode, m.rule, m.obligation, m.mrid,
  case when m.left_out is not null then 'left-out' when m.done_at is null then 'waiting' else 'measured' end,
  m.left_out, null, m.since, m.done_at, extract(epoch from m.done_at - m.since) / 60,
  json_build_array(
    'measure', m.rule_id, m.mrid, m.episode, m.rule ->> 'policyVersion', m.territories,
    to_char(m.since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(m.done_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    m.left_out
  )::text, null, null
from measured_case m where not m.gone
union all
select to_char(f.due_from at time zone t.zone, 'YYYY-MM'), t.call_back ->> 'ruleId', 'call-back', f.mrid || ' ' || f.report_id,
  t.call_back, 'call-back', f.mrid,
  case when f.outcome = 'void' then 'left-out' when f.outcome is null or f.outcome = 'unreached' then 'waiting' else 'measured' end,
  case when f.outcome = 'void' then f.reason end, null, f.due_from, f.last_at, null,
  json_build_array(
    'call-back', t.call_back ->> 'ruleId', f.mrid, f.report_id,
    to_char(f.due_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    f.outcome, f.reason
  )::text, null, null
from followup f cross join month_terms t where t.call_back is not null
union all
select to_char(h.hour at time zone t.zone, 'YYYY-MM'), r -> 'rule' ->> 'ruleId', 'calls',
  h.hotline || ' ' || to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24"Z"'), r -> 'rule', 'answer-call', null,
  'calls', null, null, h.hour, null, null,
  json_build_array(
    'calls', r -> 'rule' ->> 'ruleId', h.hotline, to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), h.calls,
    (w ->> 'calls')::bigint
  )::text, h.calls, (w ->> 'calls')::bigint
from hotline_hour h cross join month_terms t
cross join lateral jsonb_array_elements(t.hotline) as r
cross join lateral jsonb_array_elements(h.within) as w
where w ->> 'unit' = r ->> 'unit' and (w ->> 'limit')::numeric = (r ->> 'amount')::numeric;

-- migrate: rollback

drop view month_case;
create view month_case as
select c.month, c.rule_id, 'promise' as kind, c.service || ' ' || c.promise_id as name, c.rule, c.obligation, c.mrid, c.standing, c.reason,
  c.corrected_from, c.measured_from as since, c.verdict_at as at, null::numeric as minutes,
  json_build_array(
    'promise', c.rule_id, c.service, c.promise_id, c.rule ->> 'policyVersion', c.mrid, c.customer_id, c.territories,
    to_char(c.measured_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(c.due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    c.standing,
    to_char(c.verdict_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    c.reason, c.corrected_from
  )::text as line
from promise_case c
union all
select m.month, m.rule_id, 'measure', m.mrid || ' ' || m.episode, m.rule, m.obligation, m.mrid,
  case when m.left_out is not null then 'left-out' when m.done_at is null then 'waiting' else 'measured' end,
  m.left_out, null, m.since, m.done_at, extract(epoch from m.done_at - m.since) / 60,
  json_build_array(
    'measure', m.rule_id, m.mrid, m.episode, m.rule ->> 'policyVersion', m.territories,
    to_char(m.since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(m.done_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    m.left_out
  )::text
from measured_case m where not m.gone
union all
select to_char(f.due_from at time zone t.zone, 'YYYY-MM'), t.call_back ->> 'ruleId', 'call-back', f.mrid || ' ' || f.report_id,
  t.call_back, 'call-back', f.mrid,
  case when f.outcome = 'void' then 'left-out' when f.outcome is null or f.outcome = 'unreached' then 'waiting' else 'measured' end,
  case when f.outcome = 'void' then f.reason end, null, f.due_from, f.last_at, null,
  json_build_array(
    'call-back', t.call_back ->> 'ruleId', f.mrid, f.report_id,
    to_char(f.due_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    f.outcome, f.reason
  )::text
from followup f cross join month_terms t where t.call_back is not null;
drop index hotline_hour_fresh;
alter table hotline_hour drop column fresh;
alter table month_terms drop column hotline;
