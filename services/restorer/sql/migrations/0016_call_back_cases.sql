-- Calls back are cases of the month in which they fell due; whose calendar months are of, and which rule asks for calls back.
-- depends: 0015_hotline

-- migrate: apply

create table month_terms (
  one boolean primary key default true check (one),
  zone text not null,
  call_back jsonb
);
comment on table month_terms is 'The zone by which months are counted, and the rule under which reporters are called back; as of the last start';

create table measured_case_read (
  one boolean primary key default true check (one),
  position bigint not null
);
insert into measured_case_read (position) values (0);
comment on table measured_case_read is 'Up to which position of the log outages are in measured_case, whatever version wrote them';

alter table followup add column fresh boolean not null default true;
create index followup_fresh on followup (due_from) where fresh;

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

insert into operator_sees (table_name) values ('month_terms'), ('measured_case_read');

-- migrate: rollback

delete from operator_sees where table_name in ('month_terms', 'measured_case_read');
create or replace view month_case as
select c.month, c.rule_id, 'promise' as kind, c.service || ' ' || c.promise_id as name, c.rule, c.obligation, c.mrid, c.standing, c.reason,
  c.corrected_from, c.measured_from as since, c.verdict_at as at, null::numeric as minutes, ''::text as line
from promise_case c;
drop index followup_fresh;
alter table followup drop column fresh;
drop table measured_case_read;
drop table month_terms;
