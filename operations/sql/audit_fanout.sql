-- name: steps
-- What the log says of outages to be told, of chunks, and of whom they told, in order.
select stream_id, type, data, position from event
where type in ('audience.matched.v1', 'audience.due.v1', 'audience.chunk.v1', 'audience.rematched.v1')
  or (type = 'customer.touched.v1' and starts_with(stream_id, 'fanout/'))
order by position;

-- name: jobs
-- Every fan-out as it stands.
select j.mrid, j.version, j.chunks, j.cursor, j.done, s.parked_by is not null as parked
from fanout_job j
left join stream s on s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
order by j.mrid;

-- name: members
-- Whom outages have told.
select mrid, customer_id, truth_version, touched from audience_member order by mrid, customer_id;

-- name: places
-- Where open outages lie by their own words; what that means by the network model is looked up again at any time.
select mrid, kind, value from outage_match where not by_model order by mrid, kind, value;

-- name: shapes
-- Of how many pieces the shapes of open outages are.
select mrid, count(*) as pieces from outage_shape group by mrid;

-- name: registered
-- Every customer as the notifier has them, with the places and the supplies by which they are matched.
select c.customer_id, c.profile,
  (select coalesce(array_agg(m.kind || ':' || m.value), '{}') from customer_match m where m.customer_id = c.customer_id) as places,
  (select coalesce(array_agg(s.supply_id || ':' || array_to_string(s.kinds, '+')), '{}') from customer_supply s
    where s.customer_id = c.customer_id) as supplies,
  (select p.at[0] from customer_point p where p.customer_id = c.customer_id) as longitude,
  (select p.at[1] from customer_point p where p.customer_id = c.customer_id) as latitude
from customer c order by c.customer_id;
