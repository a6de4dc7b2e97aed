-- name: changing
-- One worker changes the copy at a time, until its commit; whoever reads it in several steps sees that it was changed.
update network_copy set version = version + 1 returning version;

-- name: newer
-- Whether anything was said of an element ($1) after an instant ($2), also that it is no more.
select exists(select from network_element where element_id = $1 and greatest(said_at, until) > $2);

-- name: end_elements
-- What was said of elements until now ends where it is said otherwise, or that they are no more ($2 null).
update network_element n set until = w.at
from unnest($1::text[], $2::bytea[], $3::timestamptz[]) as w(element_id, element, at)
where n.element_id = w.element_id and n.until is null and n.element is distinct from w.element
returning n.element_id;

-- name: put_elements
-- What is said of elements from now on; what is said as it was stays. Returns of whom it is new.
insert into network_element (element_id, since, said_at, kind, model_id, summed, element)
select w.element_id, w.at, w.at, w.kind, w.model_id, w.summed, w.element
from unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[])
  as w(element_id, element, at, kind, model_id, summed)
on conflict (element_id) where until is null do update set said_at = excluded.said_at
returning case when since = said_at then element_id end as element_id;

-- name: forget_all
-- Everything that is so now.
with elements as (delete from network_element where until is null),
names as (delete from network_name),
areas as (delete from network_area),
ways as (delete from network_way),
steps as (delete from network_step),
switches as (delete from network_switch)
delete from network_edition;

-- name: forget
-- Names, areas and ways of elements that are said anew or are no more.
with names as (delete from network_name where element_id = any($1::text[])),
areas as (delete from network_area where element_id = any($1::text[]))
delete from network_way where element_id = any($1::text[]);

-- name: put_names
-- What elements are called.
insert into network_name (words, form, element_id) select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing;

-- name: forget_names
-- All names, before they are made anew.
delete from network_name;

-- name: elements
-- All elements as they are now.
select element from network_element where until is null;

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
) w;

-- name: throw_switch
-- A switch as it stands since an instant, unless it is known to stand otherwise since a later one; whether that is news.
with news as (
  insert into network_switch (switch, state, at) values ($1, $2, $3)
  on conflict (switch) do update set state = excluded.state, at = excluded.at
  where network_switch.at <= excluded.at
  returning switch, state, at
),
kept as (
  insert into network_thrown (switch, state, at) select switch, state, at from news
  on conflict (switch, at) do update set state = excluded.state
)
select true from news;

-- name: ways_through
-- The elements with a way through a switch that is closed now and was not, or was and is not.
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
-- An edition that was told whole, unless a later one of its model is here: its elements may lie in other partitions, and come later.
insert into network_edition (model_id, date, elements, checksum)
select $1, $2, $3, $4
where not exists (select from network_edition where model_id = $1 and ready and date >= $2 and (date > $2 or checksum = $4))
on conflict (model_id, date) do update set elements = excluded.elements, checksum = excluded.checksum, ready = false;

-- name: put_import
-- That it was told, by whom: kept for ever.
insert into network_import (model_id, date, imported_at, elements, imported_by) values ($1, $2, $3, $4, $5) on conflict do nothing;

-- name: waiting
-- Editions that were told whole and are not here whole yet, with what is here of their models.
select e.model_id, e.date, e.elements, e.checksum, coalesce(h.elements, 0) as here, coalesce(h.summed, 0)::text as sum
from network_edition e left join network_here h using (model_id)
where not e.ready;

-- name: ready
-- From now on decisions cite it; those before it are over.
with before as (delete from network_edition where model_id = $1 and date < $2)
update network_edition set ready = true where model_id = $1 and date = $2;

-- name: counted
-- Whether it is known from which side power comes: since the first edition was here whole.
select exists(select from network_edition where ready);
