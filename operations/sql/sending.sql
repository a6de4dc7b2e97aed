-- name: lanes
-- Each lane: who stopped it since when, and its texts at $2. `held`: until their send is approved; `later`: not to go before a later time; `over`: of no use any
-- more, about to be dropped; `expired`: dropped since the lane was stopped.
select w.lane, b.stopped_at, b.who, b.reason,
  count(*) filter (
    where n.state = 'ready' and n.expires_at > $2 and n.not_before <= $2 and n.retry_after is distinct from 'infinity'
  ) as waiting,
  count(*) filter (where n.state = 'ready' and n.expires_at > $2 and n.retry_after = 'infinity') as held,
  count(*) filter (
    where n.state = 'ready' and n.expires_at > $2 and n.not_before > $2 and n.retry_after is distinct from 'infinity'
  ) as later,
  count(*) filter (where n.state = 'ready' and n.expires_at <= $2) as over,
  count(*) filter (where n.state in ('sending', 'unknown', 'carried')) as under_way,
  min(n.requested_at) filter (
    where n.state = 'ready' and n.expires_at > $2 and n.not_before <= $2 and n.retry_after is distinct from 'infinity'
  ) as oldest,
  min(n.expires_at) filter (where n.state = 'ready' and n.expires_at > $2) as next_expiry,
  (
    select count(*) from notification e
    where e.lane = w.lane and e.state = 'expired' and b.stopped_at is not null and e.closed_at >= b.stopped_at
  ) as expired
from unnest($1::text[]) with ordinality as w(lane, rank)
left join brake b on b.lane = w.lane
left join notification n on n.lane = w.lane and n.state in ('ready', 'sending', 'unknown', 'carried')
group by w.lane, w.rank, b.lane, b.stopped_at, b.who, b.reason order by w.rank;
