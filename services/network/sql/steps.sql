-- name: forget_all_steps
-- All distances, before they are counted anew.
delete from network_step;

-- name: roots
-- Substations of which nobody says where their power comes from: they have it.
insert into network_step (element_id, step)
select e.element_id, 0 from network_element e
where e.until is null and e.kind = 'substation' and not exists (select from network_way w where w.element_id = e.element_id)
on conflict do nothing;

-- name: next_step
-- What is one closed way further than what is $1 away, and has no distance yet; how many.
with found as (
  insert into network_step (element_id, step)
  select distinct w.element_id, $1::bigint + 1
  from network_step s join network_way w on w.source_id = s.element_id and w.closed
  where s.step = $1
    and not exists (select from network_step t where t.element_id = w.element_id)
  on conflict do nothing
  returning 1
)
select count(*)::int from found;

-- name: concerned
-- These elements, those that name one of them as a source, and all to which power comes through any: what may have another
-- distance now.
with recursive below(element_id) as (
  select unnest($1::text[])
  union
  select element_id from network_way where source_id = any($1::text[])
  union
  select w.element_id from below b cross join lateral (
    select w.element_id from network_way w where w.source_id = b.element_id and w.down offset 0
  ) w
)
select element_id from below;

-- name: forget_steps
-- Their distances.
delete from network_step where element_id = any($1::text[]);

-- name: ways_in
-- The closed ways to these elements, whose distances are not known: from where, and how far that is, if it is known.
select w.element_id, w.source_id, s.step from network_way w left join network_step s on s.element_id = w.source_id
where w.closed and w.element_id = any($1::text[]);

-- name: put_steps
-- Distances of some elements.
insert into network_step (element_id, step) select * from unnest($1::text[], $2::bigint[]) on conflict do nothing;

-- name: shorten
-- Elements that are nearer now through one of these, with their new distance; returns whose.
with nearer as (
  select w.element_id, min(s.step) + 1 as step
  from network_way w join network_step s on s.element_id = w.source_id join network_step t on t.element_id = w.element_id
  where w.closed and w.source_id = any($1::text[]) and s.step + 1 < t.step
  group by w.element_id
)
update network_step t set step = n.step from nearer n where t.element_id = n.element_id
returning t.element_id;

-- name: turn
-- Which ways power comes: all of them, after all distances are counted anew.
update network_way w set down = d.down
from (
  select y.element_id, y.source_id, y.number, y.closed and n.element_id is not null and (t.step is null or s.step < t.step) is true as down
  from network_way y
  left join network_element n on n.element_id = y.source_id and n.until is null
  left join network_step t on t.element_id = y.element_id
  left join network_step s on s.element_id = y.source_id
) d
where w.element_id = d.element_id and w.source_id = d.source_id and w.number = d.number and w.down <> d.down;

-- name: at
-- After `turn`: only the ways to and from some elements.
and (w.element_id = any($1::text[]) or w.source_id = any($1::text[]));
