-- name: behind
-- Whether the log goes on after what was looked through.
select exists(select from event e where e.position > (select position from overlaps_looked));

-- name: window
-- Up to where to look now: at most $1 events on; and whether there are more after them.
with coming as (
  select position from event where position > (select position from overlaps_looked) order by position limit $1
)
select coalesce(max(s.position), (select position from overlaps_looked)) as upto,
  exists(select from event e where e.position > (select max(position) from coming)) as more
from coming s;

-- name: moved
-- Outages of which events of some types ($2) lie there, up to a position ($1).
select distinct substr(stream_id, 8) as mrid from event
where position > (select position from overlaps_looked) and position <= $1
  and starts_with(stream_id, 'outage/') and type = any($2::text[])
order by 1;

-- name: looked
-- All up to there ($1) was looked through.
update overlaps_looked set position = greatest(position, $1);

-- name: known
-- Where and when an outage was off, as far as it was looked at.
select o.began, o.ended, o.beside, coalesce(array_agg(p.words) filter (where p.words is not null), '{}') as words,
  coalesce(array_agg(p.form) filter (where p.words is not null), '{}') as forms
from ever_off o left join ever_off_place p using (mrid)
where o.mrid = $1 group by o.mrid;

-- name: forget
-- It was never off.
delete from ever_off where mrid = $1;

-- name: put
-- It was off from $2 until $3, and these ($4) were at its places then.
insert into ever_off (mrid, began, ended, beside) values ($1, $2, $3, $4)
on conflict (mrid) do update set began = excluded.began, ended = excluded.ended, beside = excluded.beside;

-- name: clear_places
-- Its places, before the present ones are put.
delete from ever_off_place where mrid = $1;

-- name: put_places
-- Where it was.
insert into ever_off_place (words, form, mrid)
select w.words, w.form, $1 from unnest($2::text[], $3::text[]) as w(words, form)
on conflict do nothing;

-- name: beside
-- Other outages that were off at some names ($1, $2), or at any name of some elements of the network ($3), at any time from $5 until
-- $6 (null: still); those that began first come first.
with mine(words, form) as (
  select * from unnest($1::text[], $2::text[])
  union
  select n.words, n.form from network_name n where n.element_id = any($3::text[])
),
there as (
  select distinct p.mrid from mine join ever_off_place p using (words, form)
)
select o.mrid from there join ever_off o using (mrid)
where o.mrid <> $4 and o.began <= coalesce($6, 'infinity'::timestamptz) and coalesce(o.ended, 'infinity') >= $5
order by o.began, o.mrid
limit $7;
