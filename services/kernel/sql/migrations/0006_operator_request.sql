-- What people ask of a service by hand: asked here, judged by the service into its log.
-- depends: 0005_pairs

-- migrate: apply

create table operator_request (
  seq bigint generated always as identity unique,
  id uuid primary key,
  at timestamptz not null check (at >= '2000-01-01Z' and at < '2200-01-01Z'),
  who text not null check (who <> '' and length(who) <= 200),
  action text not null check (action <> '' and length(action) <= 100),
  reason text not null check (length(reason) <= 1000),
  detail json not null check (length(detail::text) <= 20000),
  login text not null default session_user
);
comment on table operator_request is
  'append-only: what people asked of the service by hand; its answer is in the log, stream operator/<id>';
comment on column operator_request.login is 'Who the database knows the asker as; who: the name they gave';

create table operator_sees (table_name text primary key);
comment on table operator_sees is
  'read-only: the tables and views that the role made for operators (outage_operator) may read; migrate grants by it';
insert into operator_sees (table_name)
select unnest(array[
  'consumer_offset', 'skipped', 'inbox', 'stream', 'event', 'live', 'outbox', 'timer', 'quarantine', 'operator_action',
  'operator_request', 'operator_sees', 'projection', 'head', 'pruned', 'schema_migration'
]);

-- `skipped` stays append-only for the service. Ranges of a topic that is no more go by its former name, and by no other.
create function former_skipped(topic_name text, number int, former text) returns void
language plpgsql security definer set search_path from current as $$
begin
  if former not like replace(replace(replace(topic_name, '\', '\\'), '%', '\%'), '_', '\_') || '@%' then
    raise exception 'former_skipped: % is not a former name of %', former, topic_name;
  end if;
  update skipped set topic = former where topic = topic_name and partition = number;
end
$$;

-- migrate: rollback

drop function former_skipped(text, int, text);
drop table operator_sees, operator_request;
