-- name: any_due
-- Whether there is anybody to look at: an outage off since $1 or before, somebody who was silent, or places that are not known yet.
select exists (select from off_outage where ended is null and began <= $1) as off, exists (select from silence) as silent,
  exists (select from watched_customer where placed_as is null) as unplaced;

-- name: perhaps_silent
-- The next $3 customers after $2 whom outages may concern that were known, as they are, by $6, and who heard no word on supply at $1 for
-- as long as their rank allows ($4 ranks, $5 times). $7: triggers that say nothing of supply. What holds them is judged afterwards.
with off as materialized (
  select o.mrid, o.began from off_outage o
  where o.ended is null and o.began <= $1::timestamptz - (select min(w) from unnest($5::interval[]) as w)
    and exists (
      select from event e where e.stream_id = 'outage/' || o.mrid and e.version = o.version and e.decided_at <= $6::timestamptz
    )
),
touched as (
  select p.customer_id, min(o.began) as began
  from off o join off_place f on f.mrid = o.mrid and not f.back join watched_place p on p.words = f.words and p.form = f.form
  where p.customer_id > $2
  group by p.customer_id
)
select c.customer_id, c.rank, c.known::text as known, l.within
from touched t join watched_customer c using (customer_id)
join unnest($4::text[], $5::interval[]) as l(rank, within) on l.rank = c.rank
where c.known is not null and c.said_at <= $6::timestamptz and t.began <= $1::timestamptz - l.within
  and not exists (
    select from customer_word w
    where w.customer_id = c.customer_id and w.accepted_at > $1::timestamptz - l.within and w.trigger <> all($7::text[])
  )
order by c.customer_id
limit $3;

-- name: touched_first
-- Customers of these ranks ($2, whoever comes first first) whom outages ($1) may concern, at most $3.
select c.customer_id, c.rank, c.known::text as known
from watched_customer c
where c.known is not null and c.rank = any($2::text[]) and exists (
  select from off_place f join off_outage o on o.mrid = f.mrid and o.ended is null
    join watched_place p on p.words = f.words and p.form = f.form
  where f.mrid = any($1::text[]) and not f.back and p.customer_id = c.customer_id
)
order by array_position($2::text[], c.rank), c.customer_id
limit $3;

-- name: places_found
-- Places of customers ($1) that open outages name, or that by the network model take power through what they name alone.
select p.customer_id, p.kind, p.value, p.words, p.form, f.mrid, f.back
from watched_place p join off_place f on f.words = p.words and f.form = p.form join off_outage o on o.mrid = f.mrid and o.ended is null
where p.customer_id = any($1::text[])
union
select p.customer_id, p.kind, p.value, p.words, p.form, b.mrid, true
from watched_place p join back_place b on b.words = p.words and b.form = p.form join off_outage o on o.mrid = b.mrid and o.ended is null
where p.customer_id = any($1::text[]);

-- name: in_model
-- Places of customers ($1) of which the network model says what feeds them.
select distinct customer_id, kind, value from watched_place
where customer_id = any($1::text[]) and form <> value;

-- name: outages
-- Of outages ($1) those that are off and were known, as they are, by $2: since when, in which lists they name places, whether in a shape.
select o.mrid, o.began, o.shape is not null and o.shape_version = o.version as drawn,
  array(
    select k from unnest(array['lines', 'areas', 'transformers', 'usage_points']) as k
    where exists (select from off_place f where f.mrid = o.mrid and f.words = k and not f.back)
  ) as lists,
  (select l.view ->> 'perhapsRestoredSince' is not null from live l where l.stream_id = 'outage/' || o.mrid) as perhaps_back,
  (select n.ends from noticed_work n where n.mrid = o.mrid and not n.withdrawn) as noticed_until
from off_outage o
where o.mrid = any($1::text[]) and o.ended is null and o.began is not null
  and exists (select from event e where e.stream_id = 'outage/' || o.mrid and e.version = o.version and e.decided_at <= $2::timestamptz);

-- name: texts
-- What was said to customers ($1) since $2, or is still to be said.
select customer_id, mrids, trigger, requested_at, not_before, accepted_at, ended_at, ended_for
from customer_word where customer_id = any($1::text[]) and requested_at > $2;

-- name: owed
-- Words that the notifier promised to customers ($1) and has not given: open, or broken since $2.
select customer_id, obligation, due_at, standing, reason from promise_case
where service = 'notifier' and customer_id = any($1::text[]) and obligation = any($3::text[])
  and (standing = 'open' or (standing = 'broken' and due_at >= $2));

-- name: asides
-- When customers ($1) last said themselves that they know, and when it was last said that no text reaches them.
select w.customer_id, case when c.how = any($2::text[]) then c.at end as confirmed_at, u.at as unreached_at, u.reason as unreached
from unnest($1::text[]) as w(customer_id)
left join customer_confirmed c using (customer_id) left join customer_unreached u using (customer_id);

-- name: put
-- Silences as they were seen at $7: of one that stands as it did it stays known since when it was first seen, and that it is sure.
insert into silence as t (customer_id, rank, state, reason, since, mrids, seen_at, sure)
select w.customer_id, w.rank, w.state, w.reason, w.since, array(select json_array_elements_text(w.mrids::json)), $7, w.sure
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $8::bool[])
  as w(customer_id, rank, state, reason, since, mrids, sure)
on conflict (customer_id) do update set
  rank = excluded.rank, state = excluded.state, reason = excluded.reason, since = excluded.since, mrids = excluded.mrids,
  seen_at = case when (t.state, t.since) = (excluded.state, excluded.since) then t.seen_at else excluded.seen_at end,
  sure = excluded.sure or (t.sure and (t.state, t.since) = (excluded.state, excluded.since))
where (t.rank, t.state, t.reason, t.since, t.mrids) is distinct from
    (excluded.rank, excluded.state, excluded.reason, excluded.since, excluded.mrids)
  or (excluded.sure and not t.sure);

-- name: over
-- Whoever else of the customers after $1, up to $2 (null: all), was silent is so no more.
delete from silence where customer_id > $1 and ($2::text is null or customer_id <= $2) and customer_id <> all($3::text[]);

-- name: begin_silent
-- Silences of these customers ($1) that a person must end are kept for the figures of their month, those seen again with what is so now.
insert into silent_time as t (customer_id, since, state, reason, mrid)
select customer_id, since, state, reason, mrids[1] from silence
where customer_id = any($1::text[]) and sure and state in ('held', 'forgotten') and cardinality(mrids) > 0
on conflict (customer_id, since, state) do update set reason = excluded.reason, until = null
where t.reason is distinct from excluded.reason or t.until is not null;

-- name: end_silent
-- Those that are over, or are to be taken otherwise, were so until now ($1).
update silent_time t set until = greatest($1::timestamptz, t.since)
where t.until is null and not exists (
  select from silence s where s.customer_id = t.customer_id and s.since = t.since and s.state = t.state and s.sure
);

-- name: looked
-- Everybody was looked at, beginning at $1.
insert into silence_look (looked_at) values ($1) on conflict (one) do update set looked_at = excluded.looked_at;

-- name: read_until
-- Up to which instant all is read of some topics ($1).
select min(watermark) from consumer_offset where topic = any($1::text[]);

-- name: counts
-- How many customers are silent, and since when the first of them is, by how that is to be taken.
select state, count(*) as customers, min(since) as oldest from silence where sure group by state;

-- name: unplaced
-- Customers whose places are not known as of $1 (normal form, state of the network), the first $2.
select customer_id, said_at, known::text as known from watched_customer where placed_as is distinct from $1 order by customer_id limit $2;

-- name: fed_by
-- What elements ($1) may be called through which alone power comes to some element: up to where it comes on two ways.
with recursive up(root, element_id) as (
  select element_id, element_id from network_step where element_id = any($1::text[])
  union
  select u.root, w.source_id from up u cross join lateral (
    select min(w.source_id) as source_id from network_way w where w.element_id = u.element_id and w.down having count(*) = 1 offset 0
  ) w
)
select u.root, n.words, n.form from up u join network_name n using (element_id) where u.element_id <> u.root;

-- name: clear_places
-- The places of customers ($1), before the present ones are put.
delete from watched_place where customer_id = any($1::text[]);

-- name: put_places
-- Where customers ($1) take power: a place ($2 kind, $3 normal name), and what it is called or fed by ($4 list, $5 normal name).
insert into watched_place (customer_id, kind, value, words, form)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) on conflict do nothing;

-- name: placed
-- The places of customers ($1) are known as of $3, unless the registry said more since ($2).
update watched_customer c set placed_as = $3
from unnest($1::text[], $2::timestamptz[]) as w(customer_id, said_at) where c.customer_id = w.customer_id and c.said_at = w.said_at;
