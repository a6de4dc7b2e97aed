-- name: called
-- The elements that are called so, by the list of an extent ($1) in which the normal name ($2) stands.
select w.words, w.form, n.element_id from unnest($1::text[], $2::text[]) as w(words, form) join network_name n using (words, form);

-- name: lying_in
-- What lies in areas ($1): transformers and usage points, and points of which nothing else is said with their transformers.
with lying as (
  select a.area_id, a.element_id from network_area a join network_element n on n.element_id = a.element_id and n.until is null
  where a.area_id = any($1::text[]) and n.kind in ('transformer', 'usagePoint')
)
select area_id, element_id from lying
union
select l.area_id, w.element_id from lying l cross join lateral (
  select w.element_id from network_way w where w.source_id = l.element_id and w.down offset 0
) w
join network_element n on n.element_id = w.element_id and n.until is null and n.kind = 'usagePoint'
where not exists (select from network_area a where a.element_id = w.element_id);

-- name: below
-- These elements ($1) and all to which power comes through them, at most $2.
with recursive below(element_id) as (
  select unnest($1::text[])
  union
  select w.element_id from below b cross join lateral (
    select w.element_id from network_way w where w.source_id = b.element_id and w.down offset 0
  ) w
)
select element_id from below limit $2;

-- name: elements
-- What these elements ($1) are, how many customers they serve, and where transformers and usage points are.
select element_id, kind, (convert_from(element, 'UTF8')::json ->> 'customersServed')::bigint as served,
  case when kind in ('usagePoint', 'transformer') then (network_point(element))[0] end as longitude,
  case when kind in ('usagePoint', 'transformer') then (network_point(element))[1] end as latitude
from network_element where until is null and element_id = any($1::text[]);

-- name: ways
-- From where power can come to them by closed ways, and whether it does.
select w.element_id, w.source_id, w.down as comes from network_way w
where w.closed and w.element_id = any($1::text[])
  and exists (select from network_element f where f.element_id = w.source_id and f.until is null)
order by w.element_id, w.number;

-- name: wide_names
-- What those of some elements ($1) are called that others hang on.
select n.words, n.form, n.element_id from network_name n join network_element e on e.element_id = n.element_id and e.until is null
where e.kind <> 'usagePoint' and n.element_id = any($1::text[]);

-- name: there
-- Which of these elements ($1) the model has now.
select element_id from network_element where until is null and element_id = any($1::text[]);

-- name: territories
-- In which territories those of these elements ($1) lie below which nothing is: as they say themselves, else as their areas do, else
-- as what feeds them. services/places/topology/territory.py says the same of a model in memory.
with recursive said as not materialized (
  select n.element_id, coalesce(
    convert_from(n.element, 'UTF8')::json ->> 'territory',
    (select string_agg(distinct convert_from(a.element, 'UTF8')::json ->> 'territory', ',')
     from network_area l join network_element a on a.element_id = l.area_id and a.until is null where l.element_id = n.element_id)
  ) as territory
  from network_element n where n.until is null
),
ends as materialized (
  select e.element_id from unnest($1::text[]) as e(element_id)
  where not exists (select from network_way w where w.source_id = e.element_id and w.down offset 0)
),
up(element_id, territory) as (
  select s.element_id, s.territory from ends e join said s on s.element_id = e.element_id
  union
  select s.element_id, s.territory
  from up u join lateral (
    select w.source_id, w.down from network_way w where w.element_id = u.element_id offset 0
  ) w on u.territory is null and w.down
  join said s on s.element_id = w.source_id
)
select distinct unnest(string_to_array(territory, ',')) as territory from up where territory is not null;
