-- name: stop
-- Stop lanes that run; returns those that were not stopped before.
insert into brake (lane, stopped_at, who, reason)
select w.lane, $2::timestamptz, $3, $4 from unnest($1::text[]) as w(lane)
on conflict do nothing returning lane;

-- name: held
-- What stands still, read before it is let go.
select lane, stopped_at, who, reason from brake where lane = any($1::text[]) for update;

-- name: resume
-- Let lanes run again.
delete from brake where lane = any($1::text[]);

-- name: waited
-- Texts of each lane at $2: those that wait for it, and those that became useless since it was stopped.
select b.lane,
  count(*) filter (where n.state = 'ready' and n.expires_at > $2 and n.not_before <= $2) as waiting,
  count(*) filter (where n.state = 'ready' and n.expires_at <= $2)
  + (
    select count(*) from notification e where e.lane = b.lane and e.state = 'expired' and e.closed_at >= b.stopped_at
  ) as expired
from brake b left join notification n on n.lane = b.lane and n.state = 'ready'
where b.lane = any($1::text[]) group by b.lane, b.stopped_at;
