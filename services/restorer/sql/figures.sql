-- name: put
-- Outages ($1) as of versions of their streams ($2) with what is counted of them ($3, JSON), unless a later version says so already.
with said as (
  select * from unnest($1::text[], $2::bigint[], $3::text[]) as s(mrid, version, written)
),
counted as (
  insert into counted_outage (mrid, version, figures, outage_class, territories, lines, areas, first_known)
  select s.mrid, s.version, f.figures, f.figures ->> 'outageClass',
    array(select jsonb_array_elements_text(f.figures -> 'territories')),
    array(select jsonb_array_elements_text(f.figures -> 'lines')),
    array(select jsonb_array_elements_text(f.figures -> 'areas')),
    (f.figures -> 'words' ->> 'firstKnown')::timestamptz
  from said s cross join lateral (select s.written::jsonb as figures) f
  order by s.mrid
  on conflict (mrid) do update set
    version = excluded.version, figures = excluded.figures, outage_class = excluded.outage_class,
    territories = excluded.territories, lines = excluded.lines, areas = excluded.areas, first_known = excluded.first_known
  where counted_outage.version <= excluded.version
  returning mrid, figures
),
gone as (
  delete from interruption i using counted c
  where i.mrid = c.mrid and i.number > coalesce(jsonb_array_length(c.figures -> 'interruptions'), 0)
)
insert into interruption (mrid, number, episode, off_from, off_until, customers, known_by, held)
select c.mrid, w.number, (w.one ->> 'episode')::bigint, (w.one ->> 'offFrom')::timestamptz, (w.one ->> 'offUntil')::timestamptz,
  (w.one ->> 'customers')::bigint, coalesce(w.one ->> 'knownBy', 'not-known'), w.one -> 'held'
from counted c cross join lateral jsonb_array_elements(c.figures -> 'interruptions') with ordinality as w(one, number)
on conflict (mrid, number) do update set
  episode = excluded.episode, off_from = excluded.off_from, off_until = excluded.off_until, customers = excluded.customers,
  known_by = excluded.known_by, held = excluded.held;

-- name: otherwise
-- Outages whose view counts otherwise than these tables: an older version saw them last, or a review made their view anew. Of which
-- nothing is counted (a plan) has no row.
select substr(l.stream_id, 8) as mrid, l.version, (l.view -> 'figures')::text as figures
from live l left join counted_outage c on c.mrid = substr(l.stream_id, 8)
where l.stream_id like 'outage/%' and l.view -> 'figures' is not null
  and coalesce(c.figures, '{}') is distinct from l.view -> 'figures' and l.stream_id > $1
order by l.stream_id
limit $2;

-- name: unlike
-- Outages whose interruptions are not what is counted of them, $1 at most.
with said as (
  select c.mrid, w.number, (w.one ->> 'episode')::bigint as episode, (w.one ->> 'offFrom')::timestamptz as off_from,
    (w.one ->> 'offUntil')::timestamptz as off_until, (w.one ->> 'customers')::bigint as customers,
    coalesce(w.one ->> 'knownBy', 'not-known') as known_by, w.one -> 'held' as held
  from counted_outage c cross join lateral jsonb_array_elements(c.figures -> 'interruptions') with ordinality as w(one, number)
),
kept as (
  select mrid, number, episode, off_from, off_until, customers, known_by, held from interruption
)
select distinct mrid from (
  (select * from said except all select * from kept) union all (select * from kept except all select * from said)
) d
order by mrid
limit $1;

-- name: counted
-- How many outages are counted.
select count(*) from counted_outage;
