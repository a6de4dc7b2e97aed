-- Months go by the rules of their time; of hours of one hotline that overlap one counts; statements are counted beforehand.
-- depends: 0026_enquiries

-- migrate: apply

create table policy_terms (
  policy_version text primary key,
  policy_id text not null,
  rules jsonb not null
);
comment on table policy_terms is 'append-only: the rules of every policy under which anything was counted, as they read when it was in force';

alter table followup add column rule jsonb;
create index followup_unbound on followup (due_from) where rule is null;
alter table hotline_hour add column rules jsonb;
create index hotline_hour_unbound on hotline_hour (hour) where rules is null;
-- What stands was counted under the rules of the last start.
update followup set rule = coalesce(t.call_back, 'null') from month_terms t;
update hotline_hour set rules = t.hotline from month_terms t;

create function fullness(hour timestamptz) returns int language sql immutable as $$
  select case extract(minute from hour at time zone 'utc') when 0 then 0 when 30 then 1 when 15 then 2 else 3 end
$$;
comment on function fullness(timestamptz) is 'Of hours that overlap that of the lower number counts: whole, half, a quarter past, a quarter to';

create view counted_hour as
select h.* from hotline_hour h
where not exists (
  select from hotline_hour o
  where o.hotline = h.hotline and o.hour > h.hour - interval '1 hour' and o.hour < h.hour + interval '1 hour'
    and fullness(o.hour) < fullness(h.hour)
);
comment on view counted_hour is 'Hours of hotlines that count: no call is counted twice (services/restorer/domain/hotline/overlaps.py)';

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
select to_char(f.due_from at time zone t.zone, 'YYYY-MM'), f.rule ->> 'ruleId', 'call-back', f.mrid || ' ' || f.report_id,
  f.rule, 'call-back', f.mrid,
  case when f.outcome = 'void' then 'left-out' when f.outcome is null or f.outcome = 'unreached' then 'waiting' else 'measured' end,
  case when f.outcome = 'void' then f.reason end, null, f.due_from, f.last_at, null,
  json_build_array(
    'call-back', f.rule ->> 'ruleId', f.mrid, f.report_id,
    to_char(f.due_from at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    f.outcome, f.reason
  )::text, null, null
from followup f cross join month_terms t where jsonb_typeof(f.rule) = 'object'
union all
select to_char(h.hour at time zone t.zone, 'YYYY-MM'), r -> 'rule' ->> 'ruleId', 'calls',
  h.hotline || ' ' || to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI"Z"'), r -> 'rule', 'answer-call', null,
  'calls', null, null, h.hour, null, null,
  json_build_array(
    'calls', r -> 'rule' ->> 'ruleId', h.hotline, to_char(h.hour at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), h.calls,
    (w ->> 'calls')::bigint
  )::text, h.calls, (w ->> 'calls')::bigint
from counted_hour h cross join month_terms t
cross join lateral jsonb_array_elements(h.rules) as r
cross join lateral jsonb_array_elements(h.within) as w
where w ->> 'unit' = r ->> 'unit' and (w ->> 'limit')::numeric = (r ->> 'amount')::numeric;

create table frozen_case (
  cases_id text not null,
  rule_id text not null,
  kind text not null,
  name text not null,
  line text not null,
  primary key (cases_id, rule_id, kind, name)
);
comment on table frozen_case is 'append-only: the cases of months as they stood when they were counted for a statement; of which one, statement.cases_id says';

create table statement_draft (
  draft_id text primary key,
  month text not null,
  made_at timestamptz not null,
  stamp text not null,
  digest text not null,
  cases_id text not null,
  figures jsonb not null
);
create index statement_draft_of on statement_draft (month, digest);
comment on table statement_draft is
  'append-only: what months came to when they were counted for a statement; stamp: the versions of all rows that were counted';

alter table statement add column cases_id text;
create view case_of_statement as
select statement_id, rule_id, kind, name, line from statement_case
union all
select s.statement_id, f.rule_id, f.kind, f.name, f.line from statement s join frozen_case f using (cases_id);
comment on view case_of_statement is 'The cases of each statement as they stood when it was published';

insert into operator_sees (table_name)
values ('policy_terms'), ('counted_hour'), ('frozen_case'), ('statement_draft'), ('case_of_statement');

-- migrate: rollback

delete from operator_sees
where table_name in ('policy_terms', 'counted_hour', 'frozen_case', 'statement_draft', 'case_of_statement');
drop view case_of_statement;
alter table statement drop column cases_id;
drop table statement_draft, frozen_case;
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
drop view counted_hour;
drop function fullness(timestamptz);
drop index hotline_hour_unbound, followup_unbound;
alter table hotline_hour drop column rules;
alter table followup drop column rule;
drop table policy_terms;
