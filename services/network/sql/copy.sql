-- name: newer
-- Which of these elements ($1) are here as a later record than these ($2) said.
select n.element_id from network_element n join unnest($1::text[], $2::bigint[]) as w(element_id, record_offset) using (element_id)
where n.until is null and n.record_offset > w.record_offset;

-- name: end_elements
-- What was said of elements until now ends where it is said otherwise, or that they are no more ($2 null).
update network_element n set until = w.at
from unnest($1::text[], $2::bytea[], $3::timestamptz[]) as w(element_id, element, at)
where n.element_id = w.element_id and n.until is null and n.element is distinct from w.element;

-- name: put_elements
-- What is said of elements from now on, where that is new; returns whose.
insert into network_element (element_id, since, record_offset, kind, model_id, element)
select w.element_id, w.at, w.record_offset, w.kind, w.model_id, w.element
from unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[])
  as w(element_id, element, at, record_offset, kind, model_id)
where not exists (select from network_element n where n.element_id = w.element_id and n.until is null)
returning element_id;

-- name: forget
-- Names, areas and ways of elements that are said anew or are no more; ways that stay keep what is known of them.
with names as (delete from network_name where element_id = any($1::text[])),
areas as (delete from network_area where element_id = any($1::text[]))
delete from network_way y where y.element_id = any($1::text[])
  and not exists (
    select from unnest($2::text[], $3::text[], $4::bigint[]) as w(element_id, source_id, number)
    where w.element_id = y.element_id and w.source_id = y.source_id and w.number = y.number
  );

-- name: put_names
-- What elements are called.
insert into network_name (words, form, element_id) select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing;

-- name: put_areas
-- Where they lie.
insert into network_area (area_id, element_id) select * from unnest($1::text[], $2::text[]) on conflict do nothing;

-- name: put_ways
-- How power may come to them; switches are given as lines of text, for an array holds no arrays of other lengths.
insert into network_way (element_id, source_id, number, switches, normally_open, closed)
select w.element_id, w.source_id, w.number, w.switches, w.normally_open, not exists (
  select from unnest(w.switches) as s(switch) left join network_switch k using (switch)
  where coalesce(k.state, case when s.switch = any(w.normally_open) then 'open' else 'closed' end) = 'open'
)
from (
  select element_id, source_id, number, array_remove(string_to_array(switches, e'\n'), '') as switches,
    array_remove(string_to_array(normally_open, e'\n'), '') as normally_open
  from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
    as g(element_id, source_id, number, switches, normally_open)
) w
on conflict (element_id, source_id, number) do update
set switches = excluded.switches, normally_open = excluded.normally_open, closed = excluded.closed;

-- name: throw_switch
-- A switch as it stands since an instant, unless it is known to stand otherwise since a later one; whether that is news.
insert into network_switch (switch, state, at, record_offset) values ($1, $2, $3, $4)
on conflict (switch) do update set state = excluded.state, at = excluded.at, record_offset = excluded.record_offset
where network_switch.at <= excluded.at
returning true;

-- name: ways_through
-- The ways through a switch that are closed now and were not, or were and are not.
with changed as (
  update network_way y set closed = s.closed
  from (
    select w.element_id, w.source_id, w.number, not exists (
      select from unnest(w.switches) as t(switch) left join network_switch k using (switch)
      where coalesce(k.state, case when t.switch = any(w.normally_open) then 'open' else 'closed' end) = 'open'
    ) as closed
    from network_way w where w.switches @> array[$1::text]
  ) s
  where y.element_id = s.element_id and y.source_id = s.source_id and y.number = s.number and y.closed <> s.closed
  returning y.element_id
)
select distinct element_id from changed;

-- name: put_edition
-- An edition that was told whole: its elements may lie in other partitions, and come later.
insert into network_edition (model_id, date, elements, imported_at, ready) values ($1, $2, $3, $4, false)
on conflict (model_id) do update
set date = excluded.date, elements = excluded.elements, imported_at = excluded.imported_at, ready = false;

-- name: here_whole
-- Of these editions ($1 models, $2 dates) those that are here whole: as many elements as they have.
select e.model_id from network_edition e join unnest($1::text[], $2::timestamptz[]) as w(model_id, date) using (model_id, date)
where e.elements = (select count(*) from network_element n where n.model_id = e.model_id and n.until is null);

-- name: ready
-- From now on decisions cite them.
update network_edition set ready = true where model_id = any($1::text[]);

-- name: editions
-- Which editions are here whole.
select model_id, date from network_edition where ready order by model_id;
