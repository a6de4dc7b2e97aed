-- Hours of a hotline may begin at a quarter: each is a case of its own by its name, too. A month is found without a look at all others.
-- depends: 0019_promises_as_tasks

-- migrate: apply

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
  h.hotline || ' ' || to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI"Z"'), r -> 'rule', 'answer-call', null,
  'calls', null, null, h.hour, null, null,
  json_build_array(
    'calls', r -> 'rule' ->> 'ruleId', h.hotline, to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), h.calls,
    (w ->> 'calls')::bigint
  )::text, h.calls, (w ->> 'calls')::bigint
from hotline_hour h cross join month_terms t
cross join lateral jsonb_array_elements(t.hotline) as r
cross join lateral jsonb_array_elements(h.within) as w
where w ->> 'unit' = r ->> 'unit' and (w ->> 'limit')::numeric = (r ->> 'amount')::numeric;

create function cases_of(wanted text) returns setof month_case language sql stable as $$
  select * from month_case where month = wanted and (
    kind = 'promise'
    or (
      since >= (wanted || '-01')::timestamp at time zone 'utc' - interval '2 days'
      and since < (wanted || '-01')::timestamp at time zone 'utc' + interval '33 days'
    )
  )
$$;
comment on function cases_of(text) is
  'View month_case of one month. All but promises begin in their month, in any zone: so their indexes are of use';

-- migrate: rollback

drop function cases_of(text);
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
