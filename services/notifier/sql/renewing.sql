-- name: form
-- The normal form that the tables hold.
select form from place_form;

-- name: set_form
-- They hold this one from now on.
insert into place_form (form) values ($1) on conflict (one) do update set form = excluded.form;

-- name: customers
-- Every customer with the places that are matched now.
select c.customer_id, c.profile, s.version,
  (select coalesce(array_agg(array[m.kind, m.value]), '{}') from customer_match m where m.customer_id = c.customer_id)
    as places
from customer c join stream s on s.stream_id = 'customer/' || c.customer_id;

-- name: outages
-- Every outage that is matched at places, or might be, with the truth it tells.
select j.mrid, j.due,
  (select coalesce(array_agg(array[o.kind, o.value]), '{}') from outage_match o where o.mrid = j.mrid and not o.by_model) as places
from fanout_job j where j.due -> 'truth' ->> 'status' not in ('restored', 'withdrawn');

-- name: at_places
-- Customers at some places: $1 kinds, $2 normal names, side by side.
select distinct m.customer_id, s.version
from customer_match m join unnest($1::text[], $2::text[]) as w(kind, value) using (kind, value)
join stream s on s.stream_id = 'customer/' || m.customer_id;

-- name: waiting
-- Customers who are still to be matched again, with the places they are to be matched at.
select customer_id, places from rematch;

-- name: set_waiting
-- The same places in the present form.
update rematch set places = $2 where customer_id = $1;

-- name: tell_again
-- Words of the registry that a version before could not read ($1: the fields that it does not know): it has set them aside,
-- or has read them without where the customer is. Of whom it therefore knows less than the registry are told of again; whoever was not
-- set aside takes the word once all the same.
insert into registry_untold
select r.customer_id from registry r left join customer c using (customer_id)
where r.profile ?| $1::text[] and (
  c.customer_id is null or c.updated_at < r.updated_at
  or (c.updated_at = r.updated_at and r.profile ? 'position' and not c.profile::jsonb ? 'position')
)
on conflict do nothing;

-- name: forget_shapes
-- What a version before has left of shapes, which it knows nothing of: of outages that have none any more, or are over.
delete from outage_shape s using fanout_job j
where j.mrid = s.mrid and (
  j.due #>> '{truth,extent,shape,type}' is null or j.due #>> '{truth,status}' in ('restored', 'withdrawn')
);

-- name: look_up_again
-- What outages mean by the network model is looked up anew.
with found as (delete from outage_match where by_model)
update fanout_job set placed_version = null, network_version = null where network_version is not null;

-- name: parted
-- Outages that are open and of which parts are back.
select mrid from fanout_job j
where j.due -> 'truth' ->> 'status' in ('out', 'part-restored') and coalesce(j.due #> '{truth,back}', '{}')::text <> '{}'
order by mrid;

-- name: parted_due
-- What is due to be told of one of them. Locked: its places change with no other word meanwhile.
select due from fanout_job where mrid = $1 for update;
