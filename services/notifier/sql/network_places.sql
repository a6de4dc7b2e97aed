-- name: unplaced
-- An outage of which it is not looked up yet what its places mean by the network model; none where there is no model.
select mrid from fanout_unplaced order by done, chunks, mrid limit 1;

-- name: outdated
-- The next outage after $1 of which that was looked up before the copy of the model changed.
select j.mrid from fanout_job j cross join network_copy c
where j.network_version is not null and j.network_version <> c.version and j.mrid > $1
order by j.mrid limit 1;

-- name: lock
-- What it is about, and whether this truth of it was looked up already. Locked: nothing is told of it meanwhile.
select version, due, chunks > 0 or done as begun, placed_version is not distinct from version as placed
from fanout_job where mrid = $1 for update;

-- name: put
-- Where it lies by the model: the names of some elements ($2). $3: power is back there. $4: customers were gone through already.
-- What it names stays as named. Where power was back and is off again, customers are to be matched again; $5: where it was off, it
-- may be back. $6: they lie where it says that it is, and hang on nothing that it names.
insert into outage_match (kind, value, mrid, by_model, back, untold, by_where)
select distinct k.kind, n.form, $1, true, $3::boolean, $4::boolean, $6::boolean
from network_name n
join (values ('lines', 'line'), ('areas', 'area'), ('transformers', 'transformer'), ('usage_points', 'usagePoint')) as k(words, kind)
  using (words)
where n.element_id = any($2::text[])
on conflict (kind, value, mrid) do update
set back = excluded.back, untold = excluded.untold, by_where = excluded.by_where
where outage_match.by_model and (
  (outage_match.back <> excluded.back and ($5::boolean or not excluded.back))
  or (outage_match.by_where and not excluded.by_where and not excluded.back)
);

-- name: placed
-- This version of it is looked up in that state of the copy ($3).
update fanout_job set placed_version = $2, network_version = $3 where mrid = $1;

-- name: untold
-- Outages with places that were found after customers had been gone through.
select distinct mrid from outage_match where untold order by mrid limit 1;

-- name: rematch
-- Customers there are to be matched again; $2 numbers the look-up.
insert into rematch (customer_id, version, forget, kinds, places)
select m.customer_id, $2, false, array_agg(m.kind order by m.kind, m.value), array_agg(m.value order by m.kind, m.value)
from outage_match o join customer_match m using (kind, value)
where o.mrid = $1 and o.untold
group by m.customer_id
order by m.customer_id
on conflict (customer_id) do update set
  version = excluded.version, kinds = rematch.kinds || excluded.kinds, places = rematch.places || excluded.places;

-- name: rematched
-- They are.
update outage_match set untold = false where mrid = $1 and untold;

-- name: number
-- What numbers look-ups for an outage: state of the copy and version, above all that customers' streams count.
select 1000000000000000 + coalesce(network_version, 0) * 10000 + version % 10000 from fanout_job where mrid = $1;
