-- What is measured of outages, months that were counted, and the statements of how promises were kept with their cases.
-- depends: 0012_followups

-- migrate: apply

create table measured_case (
  mrid text not null,
  rule_id text not null,
  episode bigint not null,
  month text not null,
  rule jsonb not null,
  obligation text not null,
  territories text[] not null default '{}',
  since timestamptz not null,
  done_at timestamptz,
  left_out text,
  gone boolean not null default false,
  fresh boolean not null default true,
  primary key (mrid, rule_id, episode, month)
);
create index measured_case_month on measured_case (month, rule_id);
create index measured_case_fresh on measured_case (month) where fresh;
comment on table measured_case is
  'How long things took that have no deadline of their own, once for each time without power; gone: late facts say otherwise; fresh: not counted since it changed';

create table month_news (
  month text primary key,
  number bigint not null
);
create sequence month_news_number;
comment on table month_news is 'Months that were counted and have cases that changed since; number: no two pieces of news have the same';

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
from measured_case m where not m.gone;
comment on view month_case is
  'All that is counted of a month, case by case; line: the case as a line of JSON, of which digests are made';

create table statement (
  statement_id text primary key,
  month text not null,
  number bigint not null,
  published_at timestamptz not null,
  data jsonb not null
);
create index statement_month on statement (month, number);
comment on table statement is 'The statements of how promises were kept, as they were published';

create table statement_case (
  statement_id text not null references statement,
  rule_id text not null,
  kind text not null,
  name text not null,
  line text not null,
  primary key (statement_id, rule_id, kind, name)
);
comment on table statement_case is 'append-only: the cases of each statement as they stood when it was published';

insert into operator_sees (table_name)
values ('measured_case'), ('month_news'), ('month_case'), ('statement'), ('statement_case');

-- migrate: rollback

delete from operator_sees where table_name in ('measured_case', 'month_news', 'month_case', 'statement', 'statement_case');
drop table statement_case;
drop table statement;
drop view month_case;
drop sequence month_news_number;
drop table month_news;
drop table measured_case;
