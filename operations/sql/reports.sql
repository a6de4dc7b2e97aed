-- name: interruptions
-- Interruptions that began in a time ($1 until before $2), with what their outages are found by.
select i.mrid, i.number, i.episode, i.off_from, i.off_until, i.customers, i.known_by
from interruption i
where i.off_from >= $1 and i.off_from < $2
order by i.mrid, i.number;

-- name: handed
-- Outages of that time whose customers stayed out under others, with these.
select distinct i.mrid, h ->> 'mRID' as other
from interruption i cross join lateral jsonb_array_elements(i.held) as h
where i.held is not null and i.off_from < $2 and (i.off_until is null or i.off_until >= $1);

-- name: roots
-- As which outages these ($1) go on, where they were merged.
with recursive way(mrid, into_mrid, steps) as (
  select m.mrid, m.into_mrid, 1 from merged_outage m where m.mrid = any($1::text[])
  union all
  select way.mrid, m.into_mrid, way.steps + 1 from way join merged_outage m on m.mrid = way.into_mrid where way.steps < 1000
)
select distinct on (mrid) mrid, into_mrid from way order by mrid, steps desc;

-- name: of_outages
-- All that is counted of some outages.
select mrid, figures::text as figures from counted_outage where mrid = any($1::text[]);

-- name: found_by
-- What some outages are found by.
select mrid, outage_class, territories, lines, areas from counted_outage where mrid = any($1::text[]);

-- name: words
-- What was said of when power comes back, of outages that were known first in a time.
select mrid, outage_class, territories, lines, areas, (figures -> 'words')::text as words
from counted_outage
where first_known >= $1 and first_known < $2 and outage_class is not null
order by mrid;

-- name: daily
-- Customer minutes of sustained interruptions by the day on which they began, by the clocks of a zone ($3); what is off still counts
-- until $4. Sustained lasts longer than $5. Without some outages ($6), of which customers are counted under others.
select (off_from at time zone $3)::date as day,
  sum(customers * extract(epoch from coalesce(off_until, greatest($4, off_from)) - off_from) / 60)::float8 as minutes
from interruption
where off_from >= $1 and off_from < $2 and customers is not null
  and coalesce(off_until, greatest($4, off_from)) - off_from > $5 and not mrid = any($6::text[])
group by 1;

-- name: since
-- When the first interruption of all began.
select min(off_from) from interruption;

-- name: not_counted
-- How many outages an older version saw last: they count as it left them, or not at all.
select count(*) from live where stream_id like 'outage/%' and view -> 'figures' is null;

-- name: model_changes
-- The instants in a time at which the network model was said otherwise, by days of a zone ($3).
select distinct day from (
  select (since at time zone $3)::date as day from network_element where since >= $1 and since < $2
  union all
  select (until at time zone $3)::date from network_element where until >= $1 and until < $2
) d order by day;

-- name: served
-- Customers served as of an instant by the network model: usage points, of which one says one customer where it says no number, and
-- transformers on which there are none. `unknown`: transformers of those of which nobody says how many they serve.
with here as materialized (
  select element_id, kind, convert_from(element, 'UTF8')::jsonb as said from network_element
  where since <= $1 and (until is null or until > $1) and kind in ('transformer', 'usagePoint')
),
fed as materialized (
  select f ->> 'elementId' as source from here cross join lateral jsonb_array_elements(said -> 'fedFrom') as f
  where kind = 'usagePoint'
),
ends as (
  select coalesce((said ->> 'customersServed')::bigint, 1) as served from here where kind = 'usagePoint'
  union all
  select (said ->> 'customersServed')::bigint from here
  where kind = 'transformer' and element_id not in (select source from fed)
)
select sum(served)::bigint as served, count(*) filter (where served is null) as unknown from ends;

-- name: served_by_area
-- The same by area, of all areas: a point of which nothing is said lies where its transformer does.
with here as materialized (
  select element_id, kind, convert_from(element, 'UTF8')::jsonb as said from network_element
  where since <= $1 and (until is null or until > $1) and kind in ('transformer', 'usagePoint')
),
fed as materialized (
  select element_id, f ->> 'elementId' as source from here cross join lateral jsonb_array_elements(said -> 'fedFrom') as f
  where kind = 'usagePoint'
),
ends as (
  select element_id, coalesce((said ->> 'customersServed')::bigint, 1) as served from here where kind = 'usagePoint'
  union all
  select element_id, (said ->> 'customersServed')::bigint from here
  where kind = 'transformer' and element_id not in (select source from fed)
),
lying as (
  select h.element_id, a.area from here h cross join lateral jsonb_array_elements_text(h.said -> 'areas') as a(area)
  union
  select f.element_id, a.area from fed f join here h on h.element_id = f.element_id and h.said -> 'areas' is null
  join here t on t.element_id = f.source cross join lateral jsonb_array_elements_text(t.said -> 'areas') as a(area)
)
select n.form, sum(e.served)::bigint as served
from lying l join ends e using (element_id) join network_name n on n.words = 'areas' and n.element_id = l.area
group by n.form;

-- name: editions
-- The newest edition of each model that had been told by an instant.
select distinct on (model_id) model_id, date from network_import where imported_at <= $1 order by model_id, date desc;

-- name: calls
-- Calls back to reporters whose power was back in a time, and how they went; of those that nobody is to call none is due.
select count(*) filter (where outcome is distinct from 'void') as due,
  count(*) filter (where outcome in ('satisfied', 'neutral', 'dissatisfied')) as called,
  count(*) filter (where outcome = 'satisfied') as satisfied, count(*) filter (where outcome = 'unreached') as unreached
from followup
where due_from >= $1 and due_from < $2;

-- name: silences
-- Customers without power who heard nothing for too long, and how that was to be taken, by the beginning of their silence; under the outage
-- that began first of those that held them.
select mrid, customer_id, state, since, until from silent_time where since >= $1 and since < $2 order by since, customer_id, state;

-- name: served_by_line
-- Customers that lines ($1, normal names) serve as the network is wired and switched now.
with recursive below(form, element_id) as (
  select n.form, n.element_id from network_name n where n.words = 'lines' and n.form = any($1::text[])
  union
  select b.form, w.element_id
  from below b cross join lateral (
    select w.element_id from network_way w where w.source_id = b.element_id and w.down offset 0
  ) w
),
here as (
  select b.form, e.element_id, e.kind, (convert_from(e.element, 'UTF8')::jsonb ->> 'customersServed')::bigint as served
  from below b join network_element e on e.element_id = b.element_id and e.until is null
  where e.kind in ('transformer', 'usagePoint')
)
select form, sum(case when kind = 'usagePoint' then coalesce(served, 1) else served end)::bigint as served
from here h
where kind = 'usagePoint' or not exists (
  select from network_way w join network_element p on p.element_id = w.element_id and p.until is null and p.kind = 'usagePoint'
  where w.source_id = h.element_id
)
group by form;
