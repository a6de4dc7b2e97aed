-- name: put_jobs
-- A newer truth of each of some outages ($1 ids, $2 versions, $3 what is to be told, side by side) takes the place of the older,
-- told to the end or not, and begins from the start. $4: how the extent shrank; with what an unfinished job had still to say of
-- that, doubt counts as a correction. $5: it lies nowhere any more, by no network model either. $6: kinds of which it names elements, as an
-- array is written. $7: where all of them lie is said no other way than before, so that what was looked up holds.
insert into fanout_job (mrid, version, due, narrowed, placed_version, named)
select w.mrid, w.version, w.due::json, w.narrowed, case when w.nowhere then w.version end, w.named::text[]
from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::boolean[], $6::text[]) as w(mrid, version, due, narrowed, nowhere, named)
on conflict (mrid) do update set
  version = excluded.version, due = excluded.due, chunks = 0, cursor = '', done = false, named = excluded.named, urgent = null,
  placed_version = case
    when $7::boolean and fanout_job.placed_version = fanout_job.version and fanout_job.network_version is not null
      then excluded.version
    else coalesce(excluded.placed_version, fanout_job.placed_version)
  end,
  network_version = case when $7 and fanout_job.placed_version = fanout_job.version then fanout_job.network_version end,
  narrowed = case
    when fanout_job.done or fanout_job.narrowed is null then excluded.narrowed
    when excluded.narrowed is null or excluded.narrowed = fanout_job.narrowed then fanout_job.narrowed
    else 'correction'
  end;

-- name: clear_outage
-- The places of an outage, before the present ones are put; for good when it is over.
delete from outage_match where mrid = $1;

-- name: clear_named
-- The same for those that it names as off; those by the network model stay, and those that are back.
delete from outage_match where mrid = $1 and not by_model;

-- name: put_outages
-- The places that outages name: $1 kinds, $2 normalised values, $3 outages, side by side.
insert into outage_match (kind, value, mrid)
select w.kind, w.value, w.mrid from unnest($1::text[], $2::text[], $3::text[]) as w(kind, value, mrid) on conflict do nothing;

-- name: put_named_back
-- The places that steps named as back: $2 kinds, $3 normalised values, side by side. What the model says of them is outranked. $4: customers
-- were gone through already. They stand with those by the model, which a version before leaves while where the outage lies is as it was.
insert into outage_match (kind, value, mrid, by_model, back, untold)
select w.kind, w.value, $1, true, true, $4::boolean from unnest($2::text[], $3::text[]) as w(kind, value)
on conflict (kind, value, mrid) do update
set back = true, by_where = false, untold = outage_match.untold or excluded.untold
where outage_match.by_model and not outage_match.back;

-- name: clear_shape
-- Its shape, likewise.
delete from outage_shape where mrid = $1;

-- name: put_shape
-- The rectangles about the pieces of its shape: $2 west, $3 south, $4 east, $5 north, side by side.
insert into outage_shape (mrid, piece, bounds)
select $1, w.number, box(point(w.west, w.south), point(w.east, w.north))
from unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[]) with ordinality as w(west, south, east, north, number);

-- name: lock_job
-- The truth to tell. Locked: words about one outage are decided one after the other, whatever stream they stand in.
select version, due, chunks, cursor, done, narrowed, said, network_version is not null as by_model
from fanout_job where mrid = $1 for update;

-- name: put_members
-- Who was told which version of an outage's truth, by which word, and whether it holds them: $2 ids, $3 touched, $5 words,
-- $6 whether it says that power is denied to be back there, side by side.
insert into audience_member (mrid, customer_id, truth_version, touched, word_id, denied)
select $1, w.customer_id, $4, w.touched, w.word_id, w.denied
from unnest($2::text[], $3::boolean[], $5::uuid[], $6::boolean[]) as w(customer_id, touched, word_id, denied)
on conflict (mrid, customer_id) do update set
  truth_version = excluded.truth_version, touched = excluded.touched, word_id = excluded.word_id,
  denied = excluded.denied;

-- name: put_lost_member
-- A customer has heard a word of which the tables know nothing: it was said before the database was restored.
insert into audience_member (mrid, customer_id, truth_version, touched) values ($1, $2, 0, true)
on conflict do nothing returning true;

-- name: take_over
-- Whom a merged outage ($2) holds, the one that goes on ($1) holds now: they hear its next word, whatever that says, and wherever
-- it lies.
insert into audience_member (mrid, customer_id, truth_version, touched)
select $1, customer_id, 0, true from audience_member where mrid = $2 and touched
on conflict (mrid, customer_id) do update set truth_version = 0, touched = true where not audience_member.touched;

-- name: forget_member
-- The outage forgets a customer who was erased.
delete from audience_member where mrid = $1 and customer_id = $2;

-- name: move_job
-- One more chunk is told.
update fanout_job
set chunks = $3, cursor = $4, done = $5, said = greatest(said, $6), told_version = case when $5 then $2 else told_version end
where mrid = $1 and version = $2;

-- name: said
-- The number of the newest word about an outage.
update fanout_job set said = greatest(said, $2) where mrid = $1;

-- name: put_rematch
-- A customer's places changed, or the customer is new or erased. What an earlier change left undone is still to be done.
insert into rematch (customer_id, version, forget, kinds, places) values ($1, $2, $3, $4, $5)
on conflict (customer_id) do update set
  version = excluded.version, forget = rematch.forget or excluded.forget,
  kinds = rematch.kinds || excluded.kinds, places = rematch.places || excluded.places;

-- name: rematches
-- Up to $1 changed customers, each with the outages that may concern them: open ones at any of their places, those that
-- still hold them (though they be over, by a word from before a restore: version 0), those of which it is denied, or was, that power
-- is back where they are, and, for whoever is to be forgotten, all that ever told them.
with changed as (
  select customer_id, version, forget, kinds, places, look from rematch order by customer_id limit $1
)
select c.customer_id, c.version, c.forget, c.look,
  coalesce(array_agg(f.mrid order by f.mrid) filter (where f.mrid is not null), '{}') as mrids
from changed c left join lateral (
  select o.mrid from unnest(c.kinds, c.places) as w(kind, value) join outage_match o using (kind, value)
  union
  select o.mrid from unnest(c.kinds, c.places) as w(kind, value)
  join outage_shape o on o.bounds @> case when w.kind = 'point' then box(w.value::point, w.value::point) end
  union
  select a.mrid from audience_member a
  where a.customer_id = c.customer_id
    and (
      c.forget or (a.touched and (a.truth_version = 0 or lies_somewhere(a.mrid)))
    )
  union
  select a.mrid from audience_member a where a.customer_id = c.customer_id and a.denied
  union
  select d.mrid from customer_match m join outage_denied d on d.form = m.value
  where m.customer_id = c.customer_id and m.kind = 'usagePoint'
) f on true
group by c.customer_id, c.version, c.forget, c.look
order by c.customer_id;

-- name: rematched
-- These are done, unless they changed again meanwhile.
delete from rematch r using unnest($1::text[], $2::bigint[], $3::bigint[]) as w(customer_id, version, look)
where r.customer_id = w.customer_id and r.version = w.version and r.look = w.look;

-- name: clear_denied
-- Where it is denied that power is back, before the present points are put; which those were.
delete from outage_denied where mrid = $1 returning form;

-- name: clear_denied_of
-- The same of some outages ($1), where nobody asks which those were.
delete from outage_denied where mrid = any($1::text[]);

-- name: put_denied
-- The same, as it is said now.
insert into outage_denied (mrid, form) select $1, unnest($2::text[]) on conflict do nothing;

-- name: look_again
-- Customers at these usage points ($2) whom the outage ($1) has told of itself are to be looked at again; $3 tells this look from others.
insert into rematch (customer_id, version, forget, kinds, places, look)
select distinct on (m.customer_id) m.customer_id, 1, false, '{}'::text[], '{}'::text[], $3::bigint
from customer_match m join audience_member a on a.mrid = $1 and a.customer_id = m.customer_id
where m.kind = 'usagePoint' and m.value = any($2::text[])
on conflict (customer_id) do update set look = greatest(rematch.look, excluded.look);

-- name: said_back
-- Of some customers ($2) whom an outage ($1) touches: their places among those where power is said to be back ($3 kinds, $4 normalised
-- values, side by side), and the kinds of those of which they have another place of which neither the outage nor the model says how it
-- stands (as lacks_word has it).
with said as materialized (
  select w.kind, w.value from unnest($3::text[], $4::text[]) as w(kind, value)
),
theirs as materialized (
  select m.customer_id, m.kind, m.value from customer_match m join said using (kind, value) where m.customer_id = any($2::text[])
)
select t.customer_id, array_agg(t.kind || ':' || t.value order by (t.kind || ':' || t.value) collate "C") as names,
  array(
    select distinct m.kind from customer_match m
    where m.customer_id = t.customer_id and m.kind = any(array_agg(t.kind)) and m.kind <> 'area'
      and (m.kind, m.value) not in (select s.kind, s.value from said s)
      and not exists (select from outage_match o where o.kind = m.kind and o.value = m.value and o.mrid || '' = $1)
      and not is_in_model(m.kind, m.value)
    order by 1
  ) as unsaid
from theirs t group by t.customer_id;

-- name: denied_of
-- Of some customers ($2) those at whose usage points it is denied that power is back under an outage ($1), or who were told so.
with there as (
  select m.customer_id, array_agg('usagePoint:' || d.form order by d.form) as names
  from customer_match m join outage_denied d on d.mrid = $1 and d.form = m.value
  where m.kind = 'usagePoint' and m.customer_id = any($2::text[])
  group by m.customer_id
),
told as (
  select customer_id from audience_member where mrid = $1 and denied and customer_id = any($2::text[])
)
select coalesce(t.customer_id, o.customer_id) as customer_id, coalesce(t.names, '{}') as names, o.customer_id is not null as told
from there t full join told o using (customer_id);

-- name: not_taken
-- The elements by which some customers ($2) are known and at which an outage ($1) does not lie.
select m.customer_id, m.kind, m.value from customer_match m
where m.customer_id = any($2::text[]) and m.kind <> 'area'
  and not exists (select from outage_match o where o.kind = m.kind and o.value = m.value and o.mrid = $1)
order by m.customer_id, m.kind, m.value;

-- name: weigh
-- Of up to $1 outages of which nobody has looked: whether they lie where a customer of special importance or with life support
-- takes power.
with fresh as materialized (
  select j.mrid from fanout_job j
  where not j.done and j.urgent is null and not exists (select from fanout_unplaced u where u.mrid = j.mrid)
  order by j.mrid limit $1
  for update of j skip locked
),
critical as materialized (
  select m.kind, m.value from customer c join customer_match m using (customer_id)
  where c.profile ->> 'importance' = 'special' or c.profile ->> 'lifeSupport' = 'true'
)
update fanout_job j
set urgent = exists (select from outage_match o join critical c using (kind, value) where o.mrid = j.mrid)
from fresh f where j.mrid = f.mrid;

-- name: unweighed
-- Whether there are outages of which nobody has looked.
select exists (select from fanout_job where not done and urgent is null);

-- name: next_jobs
-- The outages to go on with, up to $2: first those that had the fewest chunks, so that a small one never waits for a large one; of
-- those the urgent before others. None whose chunk failed and waits for a person, nor one of $1, which are given a moment; nor one
-- of which it is still to be looked up what its places mean by the network model.
select j.mrid, j.version, j.chunks + 1 as number, j.urgent
from fanout_job j left join stream s on s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
where not j.done and s.parked_by is null and j.mrid <> all($1::text[])
  and not exists (select from fanout_unplaced u where u.mrid = j.mrid)
order by j.chunks, j.urgent desc nulls last, j.mrid limit $2;

-- name: unheard
-- How many of the words that these chunks ($1) said no conversation has heard yet; chunks of which all are heard are left out.
select e.stream_id, count(*)::int as words from event e
where e.stream_id = any($1::text[]) and e.type = 'customer.touched.v1' and not exists (
  select from inbox i where i.source = '/outage/notifier' and i.id = e.event_id::text
)
group by e.stream_id;

-- name: lock_outages
-- The streams ($1) of outages that are told in one transaction, in the order in which whoever decides about several outages locks
-- them: it holds them while it writes their jobs, so two never wait for a job that the other has.
select from stream where stream_id = any($1::text[]) order by stream_id for update;

-- name: unfinished
-- How many outages and how many changed customers (counted up to 10,000) still wait; what waits for a person does not. Whether
-- customers are to be matched again whom a look-up found; and whether it is to be looked up where any outage lies.
select
  (select count(*) from fanout_job j
    left join stream s on s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
    where not j.done and s.parked_by is null) as outages,
  (select count(*) from (select from rematch limit 10000) r) as customers,
  exists (select from outage_match where untold) as untold,
  exists (
    select from fanout_job j cross join network_copy c where j.network_version is not null and j.network_version <> c.version
  ) or exists (select from fanout_unplaced) as places;

-- name: reach
-- Whom an outage ($1) holds, and who of them knows its notice by the last word on their handset: that is for a time which
-- covers the noticed one ($2 to $3), and none that was asked for until the deadline ($4) says another time or that the work is
-- off. Also who was told since the notice ($5) that power is off already. Texts are from $6 on; what each makes its reader
-- believe stands in the log right before it.
with text as (
  select m.customer_id, n.requested_at, n.stream_version,
    -- Of a provider that gives no receipts nothing is ever known but that it took the text.
    case when n.state = 'delivered' then n.closed_at else n.taken_at end as had_at,
    e.data ->> 'thread' = 'notice/' || $1 as announces,
    coalesce(
      (e.data #>> '{period,start}')::timestamptz <= $2 and (e.data #>> '{period,end}')::timestamptz >= $3, false
    ) as covers
  from audience_member m
  left join notification n on n.customer_id = m.customer_id and n.requested_at >= $6 and $1 = any(n.mrids)
    and n.state in ('accepted', 'sent', 'delivered')
  left join event e on e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version - 1
  where m.mrid = $1 and m.touched
),
since as (
  select *, max(stream_version) filter (where announces and not covers and requested_at <= $4)
    over (partition by customer_id) as other_said
  from text
),
member as (
  select customer_id, min(had_at) filter (
    where case when announces then covers else requested_at >= $5 end
      and stream_version > coalesce(other_said, 0)
  ) as told_at
  from since
  group by customer_id
)
select count(*)::int as expected, count(told_at)::int as reached, max(told_at) as last_at,
  coalesce((array_agg(customer_id order by customer_id) filter (where told_at is null))[1:20], '{}') as unreached,
  coalesce((select done from fanout_job where mrid = $1), true) as complete
from member;

-- name: holding
-- Outages that by the tables hold this customer ($1) now, whether or not they were told of them yet: by places; and by a shape those
-- of which a rectangle holds them, each with its shape, and where they are.
with touched as materialized (
  select distinct o.mrid, m.kind, o.by_where and m.kind <> 'usagePoint' as by_where
  from customer_match m join outage_match o using (kind, value)
  where m.customer_id = $1 and not o.back
),
held as (
  select t.mrid, t.kind, null as shape, null::point as at
  from touched t
  where not ((t.kind = 'area' or t.by_where) and is_placed($1) and exists (select from outage_shape s where s.mrid = t.mrid))
  union all
  select distinct on (s.mrid) s.mrid, 'area', j.due #>> '{truth,extent,shape}', p.at
  from customer_point p join outage_shape s on s.bounds @> box(p.at, p.at) join fanout_job j using (mrid)
  where p.customer_id = $1
)
select t.mrid, t.shape, t.at[0] as longitude, t.at[1] as latitude
from held t join fanout_job j using (mrid)
where j.due -> 'truth' ->> 'status' in ('out', 'part-restored') and not back_nearer(t.mrid, $1, t.kind)
  and (t.kind <> 'area' or j.named is null or counts_by_area($1, j.named))
order by t.mrid;

-- name: points
-- The next $6 customers after $5 of whom it is known that they are in one of some rectangles ($1 west, $2 south, $3 east, $4 north).
select distinct p.customer_id, p.at[0] as longitude, p.at[1] as latitude
from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[]) as w(west, south, east, north)
join customer_point p on p.at <@ box(point(w.west, w.south), point(w.east, w.north))
where p.customer_id > $5
order by p.customer_id limit $6;

-- name: point
-- Where one customer is.
select at[0] as longitude, at[1] as latitude from customer_point where customer_id = $1;
