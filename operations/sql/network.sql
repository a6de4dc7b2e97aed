-- name: elements_at
-- What was said of elements at an instant, in the service whose schema is entered.
select element from network_element where since <= $1 and (until is null or until > $1);

-- name: switches_at
-- How each switch that was thrown by then stood.
select distinct on (switch) switch, state from network_thrown where at <= $1 order by switch, at desc;

-- name: called_anyhow
-- The elements that go by a name in normal form, whatever they are.
select distinct element_id from network_name where form = $1;

-- name: below
-- These elements ($1) and all to which power comes through them, at most $2.
with recursive below(element_id) as (
  select unnest($1::text[])
  union
  select w.element_id from below b join network_way w on w.source_id = b.element_id and w.down
)
select element_id from below limit $2;

-- name: elements
-- What is said of some elements now.
select element from network_element where until is null and element_id = any($1::text[]);

-- name: registered_at
-- The key customers who are registered at places: $1 kinds, $2 names in normal form, side by side.
select distinct c.customer_id, c.profile::text as profile
from unnest($1::text[], $2::text[]) as w(kind, value) join customer_match m using (kind, value) join customer c using (customer_id);

-- name: elements_now
-- What is said of all elements now.
select element from network_element where until is null;

-- name: switches
-- How some switches stand that were thrown.
select switch, state from network_switch where switch = any($1::text[]);

-- name: imported
-- Every edition that was brought in whole, the latest first.
select model_id, date, imported_at, elements, imported_by from network_import order by imported_at desc, model_id limit 100;

-- name: imported_last
-- How the edition of each model was brought in last that is here whole.
select distinct on (e.model_id) i.model_id, i.date, i.imported_at, i.elements, i.imported_by
from network_edition e join network_import i using (model_id, date) where e.ready order by e.model_id, i.imported_at desc;
