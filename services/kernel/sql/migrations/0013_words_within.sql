-- Forget words that stand deeper in an event: in a field of a field, or in a fact that the event holds as JSON.
-- depends: 0012_forgotten

-- migrate: apply

alter table forgettable add column path text[];
alter table forgettable add column only_of jsonb;
comment on column forgettable.path is 'Where the field lies, from the outside in; null: it is a field of the event itself';
comment on column forgettable.only_of is 'Only of events that contain this; null: of all of the type';

-- Without it in a version before: nothing lies at such a path, so that version takes nothing out there.
create function taken_out(value jsonb, path text[], instead jsonb) returns jsonb language plpgsql immutable as $$
begin
  if value is null or value = 'null' then
    return value;
  elsif cardinality(path) = 0 then
    return instead;
  elsif jsonb_typeof(value) = 'string' then
    -- A fact that is held stands in its event as JSON, written as text.
    begin
      return to_jsonb(taken_out((value #>> '{}')::jsonb, path, instead)::text);
    exception when invalid_text_representation then
      return value;
    end;
  elsif jsonb_typeof(value) <> 'object' or not value ? path[1] then
    return value;
  end if;
  return value || jsonb_build_object(path[1], taken_out(value -> path[1], path[2:], instead));
end
$$;
comment on function taken_out(jsonb, text[], jsonb) is 'A value with something else at a path; as it is where nothing lies there';

create function without_words(by_rule text, of_type text, data jsonb) returns jsonb language plpgsql stable as $$
declare
  one record;
  bare jsonb := data;
begin
  for one in
    select g.field, g.path, g.only_of, g.instead from forgettable g where g.rule = by_rule and g.type = of_type order by g.field
  loop
    if one.only_of is null or data @> one.only_of then
      bare := taken_out(bare, coalesce(one.path, array[one.field]), one.instead::jsonb);
    end if;
  end loop;
  return bare;
end
$$;
comment on function without_words(text, text, jsonb) is 'What is left of an event once a rule has taken out what it forgets';

-- As before; and with an operator's request, what stands of it in the table of requests.
create or replace function forget_events(asked uuid, by_rule text, positions bigint[], forgotten_at timestamptz)
returns table (place bigint, stream text, number bigint, digest bytea)
language sql security definer as $$
  with part as (
    select e.position, without_words(by_rule, e.type, e.data::jsonb) as left_over
    from event e
    where e.position = any(positions)
      and exists (select from forgettable g where g.rule = by_rule and g.type = e.type)
      and e.decided_at < (select r.at - interval '30 days' from operator_request r where r.id = asked and r.action = 'forget')
      and not exists (select from forgotten f where f.position = e.position)
  ), bare as (
    update event e set data = p.left_over::json
    from part p where p.position = e.position and p.left_over is distinct from e.data::jsonb
    returning e.position, e.stream_id, e.version, e.type, e.data, sha256(convert_to(e.data::text, 'UTF8')) as rest
  ), request as (
    update operator_request r
    set detail = coalesce(b.data -> 'detail', '{}'::json), reason = coalesce(b.data ->> 'why', '')
    from bare b where b.type = 'operator.requested.v1' and r.id::text = substr(b.stream_id, 10)
  ), kept as (
    insert into forgotten (position, request_id, rule, at, rest)
    select b.position, asked, by_rule, forgotten_at, b.rest from bare b
    returning forgotten.position
  )
  select b.position, b.stream_id, b.version, b.rest from bare b join kept k using (position) order by b.position
$$;
do $$
begin
  execute format(
    'alter function forget_events(uuid, text, bigint[], timestamptz) set search_path to %I, pg_temp', current_schema()
  );
end
$$;

-- What people asked by hand, and what they noted: their words of a customer, or a customer's.
insert into forgettable (rule, type, field, instead, path, only_of) values
  ('words', 'operator.requested.v1', 'detail.opinion', '"[forgotten]"', '{detail,opinion}', '{"action": "callback"}'),
  ('notes', 'operator.requested.v1', 'why', '"[forgotten]"', '{why}', '{"action": "task done"}');

-- migrate: rollback

delete from forgettable where path is not null;
create or replace function forget_events(asked uuid, by_rule text, positions bigint[], forgotten_at timestamptz)
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
do $$
begin
  execute format(
    'alter function forget_events(uuid, text, bigint[], timestamptz) set search_path to %I, pg_temp', current_schema()
  );
end
$$;
drop function without_words(text, text, jsonb);
drop function taken_out(jsonb, text[], jsonb);
alter table forgettable drop column only_of;
alter table forgettable drop column path;
