-- name: circuits
-- The provider's open circuits; how many seconds of real time from $1 on until each may be probed.
select provider, scope, subject, reason, code, http_status, found_by, since, probes,
  greatest(extract(epoch from next_probe_at - $1::timestamptz), 0)::float as probe_in
from circuit where is_open order by scope, subject;
