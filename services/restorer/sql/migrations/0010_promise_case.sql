-- Every promise of every service as a row, so that it can be counted how they were kept.
-- depends: 0009_words

-- migrate: apply

create table promise_case (
  service text not null,
  promise_id text not null,
  stream_id text,
  rule_id text not null,
  rule jsonb not null,
  obligation text,
  mrid text,
  customer_id text,
  territories text[] not null default '{}',
  measured_from timestamptz,
  due_at timestamptz not null,
  warned_at timestamptz,
  standing text not null default 'open' check (standing in ('open', 'kept', 'broken', 'voided')),
  verdict_at timestamptz,
  reason text,
  unproven boolean not null default false,
  corrected_from text,
  verdicts jsonb not null default '[]',
  month text not null,
  fresh boolean not null default true,
  primary key (service, promise_id)
);
create index promise_case_month on promise_case (month, rule_id);
create index promise_case_fresh on promise_case (month) where fresh;
create index promise_case_open on promise_case (due_at) where standing = 'open';
create index promise_case_mrid on promise_case (mrid);
comment on table promise_case is
  'Each promise of planner, notifier and restorer: how it stands, why, and in which month it falls by its deadline; fresh: its month has not been counted since it changed';

create table promise_case_read (
  one boolean primary key default true check (one),
  position bigint not null
);
insert into promise_case_read (position) values (0);
comment on table promise_case_read is 'Up to which position of the log every promise is in promise_case, whatever version wrote it';

insert into operator_sees (table_name) values ('promise_case'), ('promise_case_read');

-- migrate: rollback

delete from operator_sees where table_name in ('promise_case', 'promise_case_read');
drop table promise_case_read;
drop table promise_case;
