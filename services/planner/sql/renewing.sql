-- name: form
-- The normal form that the table holds.
select form from place_form;

-- name: set_form
-- It holds this one from now on.
insert into place_form (form) values ($1) on conflict (one) do update set form = excluded.form;

-- name: places
-- Every place of a work, as it is stored.
select distinct place from work_place;

-- name: renew_places
-- Places in another form: $1 as stored, $2 as they read now, side by side. Of two that are one now, one stays.
with gone as (
  delete from work_place p using unnest($1::text[], $2::text[]) as w(was, now) where p.place = w.was
  returning p.mrid, w.now
)
insert into work_place (place, mrid) select distinct now, mrid from gone where now <> '' on conflict do nothing;
