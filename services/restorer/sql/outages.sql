-- name: put_outage
-- An outage that is off, or was until an instant, in a shape ($5) where it has one, unless a later version of its stream says so already.
insert into off_outage (mrid, version, began, ended, shape, shape_version) values ($1, $2, $3, $4, $5, $2)
on conflict (mrid) do update set
  version = excluded.version, began = excluded.began, ended = excluded.ended, shape = excluded.shape,
  shape_version = excluded.shape_version
where off_outage.version <= excluded.version
returning mrid;

-- name: forget_outage
-- It holds nobody any more.
delete from off_outage where mrid = $1;

-- name: clear_places
-- Its places, before the present ones are put.
delete from off_place where mrid = $1;

-- name: put_places
-- Where it is off ($5 false), and what of that has power.
insert into off_place (words, form, mrid, back, written)
select w.words, w.form, $1, $5, w.written from unnest($2::text[], $3::text[], $4::text[]) as w(words, form, written)
on conflict do nothing;

-- name: clear_back_places
-- What of an outage that is off in part is back, before the present places are put.
delete from back_place where mrid = $1;

-- name: put_back_places
-- The same, as its parts say it; of one that holds nobody any more nothing is kept.
insert into back_place (words, form, mrid)
select w.words, w.form, o.mrid from unnest($2::text[], $3::text[]) as w(words, form) join off_outage o on o.mrid = $1
on conflict do nothing;

-- name: at_places
-- Other outages that were off at an instant ($5) at some names ($1, $2), or at any name of some elements of the network ($3);
-- those that began first come first.
with mine(words, form) as (
  select * from unnest($1::text[], $2::text[])
  union
  select n.words, n.form from network_name n where n.element_id = any($3::text[])
)
select o.mrid, o.began, o.ended, case when o.shape_version = o.version then o.shape end as shape from off_outage o
where o.mrid <> $4 and (o.began is null or o.began <= $5) and (o.ended is null or o.ended > $5)
  and exists (select from off_place p join mine using (words, form) where p.mrid = o.mrid and not p.back)
order by o.began nulls first, o.mrid
limit $6;

-- name: places_of
-- The places of some outages.
select mrid, words, form, back, written from off_place where mrid = any($1::text[]) order by mrid, words, form;

-- name: part
-- What the places of an outage meant in the network, if that was kept; and whether there is a model.
select (select part from outage_network where mrid = $1) as part, exists(select from network_edition where ready) as modelled;

-- name: put_part
-- The same, kept.
insert into outage_network (mrid, part) values ($1, $2) on conflict (mrid) do update set part = excluded.part;

-- name: forget_part
-- It is not needed any more.
delete from outage_network where mrid = $1;

-- name: versions
-- As of which versions of their streams the tables know outages.
select mrid, version from off_outage;

-- name: off_by_views
-- Outages that are off by their views, with the version of their streams.
select l.stream_id, l.version, l.view from live l
where l.stream_id like 'outage/%' and l.view ->> 'status' in ('confirmed', 'partiallyRestored')
order by l.stream_id;

-- name: forget_over
-- Outages that hold nobody any more by their views: a version that does not keep these tables saw them end.
delete from off_outage o using live l
where l.stream_id = 'outage/' || o.mrid and o.version < l.version
  and l.view ->> 'status' not in ('confirmed', 'partiallyRestored', 'restored');

-- name: form
-- In which normal form the names of these tables are.
select form from place_form;

-- name: set_form
-- From now on in this one.
insert into place_form (form) values ($1) on conflict (one) do update set form = excluded.form;

-- name: forget_all
-- All outages, before those that are off are put again by their views.
delete from off_outage;

-- name: parts
-- What is kept of the network for outages, to be kept in another form.
select mrid, part from outage_network order by mrid;
