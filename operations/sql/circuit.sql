-- name: circuits
-- The providers' open circuits; how many seconds of real time from $1 on until each may be probed; which providers are set up.
select provider, scope, subject, reason, code, http_status, found_by, since, probes,
  greatest(extract(epoch from next_probe_at - $1::timestamptz), 0)::float as probe_in,
  array(
    select p.name from sms_provider p where p.started_at > (select max(started_at) from sms_provider) - interval '1 day'
    order by p.name
  ) as set_up
from circuit where is_open order by scope, subject;
