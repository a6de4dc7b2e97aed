-- Work for people: tasks, which causes each has, and what stands that a person is needed for.
-- depends:

-- migrate: apply

create table task (
  task_id text primary key,
  concern text not null,
  kind text not null,
  mrid text,
  reason text not null,
  urgency bigint not null,
  opened_at timestamptz not null,
  due_at timestamptz not null,
  state text not null check (state in ('open', 'taken', 'done', 'expired')),
  raised bigint not null default 0,
  taken_by text,
  taken_at timestamptz,
  concerned bigint not null,
  whom json not null,
  note text,
  closed_at timestamptz,
  closed_for text
);
create unique index task_open on task (concern) where state in ('open', 'taken');
create index task_closed on task (closed_at) where state in ('done', 'expired');
comment on table task is 'Work for people, as the streams task/… have it: one row a task; kinds and order: services/tasks/README.md';

create table task_cause (
  cause_id text primary key,
  task_id text not null,
  concern text not null,
  since timestamptz not null
);
create index task_cause_task on task_cause (task_id);
comment on table task_cause is
  'Which cause belongs to which task; of a task that is done they stay until they are gone, so that they open no other';

-- What was set aside, as causes of tasks. since: from when a person is needed; about: what makes one task of several causes;
-- useful_until: a person can do nothing after that. Each service's view standing_cause has these rows and its own.
create view set_aside_cause as
select
  md5('set-aside|' || q.quarantine_id::text) as cause_id,
  'set-aside' as kind,
  q.reason as reason,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100)
    else left(coalesce(q.stream_id, q.reason), 120) end as about,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100) end as mrid,
  case when q.stream_id ~ '^customer/[A-Za-z0-9][A-Za-z0-9._:-]*$' then substr(q.stream_id, 10) end as customer_id,
  q.quarantine_id::text as ref,
  case when q.stream_id is null then 5 else 3 end::bigint as urgency,
  q.at as since,
  null::timestamptz as useful_until
from quarantine q
where q.state = 'open' and (q.stream_id is null or not starts_with(q.stream_id, 'task/'));
comment on view set_aside_cause is 'Open rows of the quarantine as causes of tasks; one about a task is none, or it would go on for ever';

insert into operator_sees (table_name) values ('task'), ('task_cause'), ('set_aside_cause'), ('standing_cause')
on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name in ('task', 'task_cause', 'set_aside_cause', 'standing_cause');
drop view set_aside_cause;
drop table task_cause, task;
