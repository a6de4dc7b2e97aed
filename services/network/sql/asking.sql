-- name: called
-- The elements that are called so, by the list of an extent ($1) in which the normal name ($2) stands.
select w.words, w.form, n.element_id from unnest($1::text[], $2::text[]) as w(words, form) join network_name n using (words, form);

-- name: without_power
-- These elements ($1) and what has no power while they have none: what is fed on another way keeps it, and what that feeds.
-- Ways are looked up element by element (lateral, offset 0), whatever the statistics say: just after an import they may be of a small
-- table, or of none, and PostgreSQL would go through a million ways once for each step of a recursion. For the same reason what
-- a recursion finds is counted on (array_agg, unnest) before it is looked into. `down` and `closed` stay outside where an element's own
-- ways are looked up: the index of all that are down, of which there seem to be none, must not be taken for them.
with recursive below(element_id) as (
  select unnest($1::text[])
  union
  select w.element_id from below b cross join lateral (
    select w.element_id from network_way w where w.source_id = b.element_id and w.down offset 0
  ) w
),
named as materialized (select unnest($1::text[]) as element_id),
under as materialized (select unnest(array_agg(element_id)) as element_id from below),
lit(element_id) as (
  select w.element_id
  from under b join lateral (
    select w.element_id, w.source_id, w.closed from network_way w where w.element_id = b.element_id offset 0
  ) w on w.closed
  where w.source_id not in (select element_id from under) and w.element_id not in (select element_id from named)
    and exists (select from network_element n where n.element_id = w.source_id and n.until is null offset 0)
  union
  select w.element_id
  from lit l cross join lateral (
    select w.element_id from network_way w where w.source_id = l.element_id and w.closed offset 0
  ) w
  where w.element_id in (select element_id from under) and w.element_id not in (select element_id from named)
),
kept as materialized (select unnest(array_agg(element_id)) as element_id from lit)
select element_id from under where element_id not in (select element_id from kept);

-- name: lying_in
-- The transformers and usage points of areas ($1); a point of which nothing else is said lies where its transformer does.
with lying as (
  select a.element_id from network_area a join network_element n on n.element_id = a.element_id and n.until is null
  where a.area_id = any($1::text[]) and n.kind in ('transformer', 'usagePoint')
)
select element_id from lying
union
select w.element_id from lying l cross join lateral (
  select w.element_id from network_way w where w.source_id = l.element_id and w.down offset 0
) w
join network_element n on n.element_id = w.element_id and n.until is null and n.kind = 'usagePoint'
where not exists (select from network_area a where a.element_id = w.element_id);

-- name: placed
-- Those of some elements ($1) of which the model says where they are.
select element_id from network_element
where until is null and element_id = any($1::text[]) and network_point(element) is not null;

-- name: points_in
-- The transformers and usage points in some rectangles ($1 west, $2 south, $3 east, $4 north), with where they are.
select distinct on (n.element_id) n.element_id,
  (network_point(n.element))[0] as longitude, (network_point(n.element))[1] as latitude
from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[]) as w(west, south, east, north)
join network_element n on network_point(n.element) <@ box(point(w.west, w.south), point(w.east, w.north))
  and n.until is null and n.kind in ('usagePoint', 'transformer');

-- name: unplaced_points
-- The usage points that take power from some transformers ($1), and of which the model does not say where they are.
select w.element_id from network_way w
join network_element n on n.element_id = w.element_id and n.until is null and n.kind = 'usagePoint'
where w.down and w.source_id = any($1::text[]) and network_point(n.element) is null;

-- name: of_kind
-- Those of these elements that are of a kind.
select element_id from network_element where until is null and kind = $2 and element_id = any($1::text[]);

-- name: above
-- These elements and all through which power comes to them.
with recursive above(element_id) as (
  select unnest($1::text[])
  union
  select w.source_id from above a join lateral (
    select w.source_id, w.down from network_way w where w.element_id = a.element_id offset 0
  ) w on w.down
)
select element_id from above;

-- name: feeding
-- Of each of some elements to which power comes all through which it does, and itself.
with recursive up(root, element_id) as (
  select element_id, element_id from network_step where element_id = any($1::text[])
  union
  select u.root, w.source_id from up u join lateral (
    select w.source_id, w.down from network_way w where w.element_id = u.element_id offset 0
  ) w on w.down
)
select root, element_id from up;

-- name: names_of
-- What these elements may be called, by the list of an extent and the normal name.
select distinct words, form from network_name where element_id = any($1::text[]);

-- name: voltage
-- The highest voltage of these elements, in kilovolts, where it is given.
select max((convert_from(element, 'UTF8')::json ->> 'nominalVoltage')::float) from network_element
where until is null and element_id = any($1::text[]);

-- name: voltages
-- At which voltage each of these elements ($1) takes power, in kilovolts: its own, else the highest of the nearest that feed it.
with recursive said as not materialized (
  select element_id, (convert_from(element, 'UTF8')::json ->> 'nominalVoltage')::float as volts from network_element where until is null
),
up(element_id, at, volts) as (
  select s.element_id, s.element_id, s.volts from unnest($1::text[]) as e(element_id) join said s using (element_id)
  union
  select u.element_id, s.element_id, s.volts
  from up u join lateral (
    select w.source_id, w.down from network_way w where w.element_id = u.at offset 0
  ) w on u.volts is null and w.down
  join said s on s.element_id = w.source_id
)
select element_id, max(volts) as volts from up where volts is not null group by element_id;

-- name: areas_of
-- The areas in which any of these elements lies.
select distinct area_id from network_area where element_id = any($1::text[]);

-- name: has_lines
-- Whether any element may be named as a line.
select exists(select from network_name where words = 'lines');

-- name: lists_known
-- The lists of an extent in which any element may be named.
select w.words from unnest(array['lines', 'areas', 'transformers', 'usage_points']) as w(words)
where exists (select from network_name n where n.words = w.words);

-- name: version
-- How often it was changed.
select version from network_copy;

-- name: editions
-- Which editions are here whole; of a model of which nothing is left there is none.
select model_id, date from network_edition e
where ready and exists (select from network_element n where n.model_id = e.model_id and n.until is null)
order by model_id;

-- name: names_by_language
-- Elements that are called by these names ($1 lists of an extent, $2 normal forms, side by side) and have names in other languages.
select distinct n.words, n.form, e.element
from unnest($1::text[], $2::text[]) as asked(words, form)
join network_name n using (words, form)
join network_element e on e.element_id = n.element_id and e.until is null
where position('"names":'::bytea in e.element) > 0;
