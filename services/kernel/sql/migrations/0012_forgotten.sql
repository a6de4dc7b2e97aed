-- Take what is personal out of old events, so that the log can still be audited and proven.
-- depends: 0011_stamp

-- migrate: apply

create table forgettable (
  rule text not null,
  type text not null,
  field text not null,
  instead json not null,
  primary key (type, field)
);
comment on table forgettable is
  'read-only: which fields of which events may be taken out once their time is over, by which rule, and what then stands there';

create table forgotten (
  position bigint primary key,
  request_id uuid not null,
  rule text not null,
  at timestamptz not null,
  rest bytea not null
);
create index forgotten_by_request on forgotten (request_id);
comment on table forgotten is
  'append-only: events of which something was taken out: by which request (stream operator/<id>), and sha256 over the data that is left';

create table forgetting (
  rule text primary key,
  position bigint not null
);
comment on table forgetting is 'Up to where the log was looked through by each rule; a cache, may be emptied at any time';

-- The log stays append-only for the service: this takes out what forgettable names, of events a month older than the
-- request that asks for it, writes down what is left, and can do nothing else. Who may call it: services/kernel/adapters/migrate.py.
create function forget_events(asked uuid, by_rule text, positions bigint[], forgotten_at timestamptz)
returns table (place bigint, stream text, number bigint, digest bytea)
language sql security definer as $$
  with part as (
    select e.position, jsonb_object_agg(g.field, g.instead) as instead
    from event e join forgettable g on g.rule = by_rule and g.type = e.type
    where e.position = any(positions)
      and e.decided_at < (select r.at - interval '30 days' from operator_request r where r.id = asked and r.action = 'forget')
      and (e.data -> g.field)::jsonb is distinct from g.instead::jsonb and e.data -> g.field is not null
      and not exists (select from forgotten f where f.position = e.position)
    group by e.position
  ), bare as (
    update event e set data = (e.data::jsonb || p.instead)::json
    from part p where p.position = e.position
    returning e.position, e.stream_id, e.version, sha256(convert_to(e.data::text, 'UTF8')) as rest
  ), kept as (
    insert into forgotten (position, request_id, rule, at, rest)
    select b.position, asked, by_rule, forgotten_at, b.rest from bare b
    returning forgotten.position
  )
  select b.position, b.stream_id, b.version, b.rest from bare b join kept k using (position) order by b.position
$$;
-- Without pg_temp named last, a caller's temporary table stands before ours: the owner's rights would act on it.
do $$
begin
  execute format(
    'alter function forget_events(uuid, text, bigint[], timestamptz) set search_path to %I, pg_temp', current_schema()
  );
end
$$;
revoke all on function forget_events(uuid, text, bigint[], timestamptz) from public;

insert into operator_sees (table_name) values ('forgettable'), ('forgotten'), ('forgetting');

-- migrate: rollback

delete from operator_sees where table_name in ('forgettable', 'forgotten', 'forgetting');
drop function forget_events(uuid, text, bigint[], timestamptz);
drop table forgetting, forgotten, forgettable;
