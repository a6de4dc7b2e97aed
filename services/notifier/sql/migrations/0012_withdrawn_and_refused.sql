-- Texts that were withdrawn while a post was out, and then refused for good, waited for a verdict for ever.
-- depends: 0011_network_places

-- migrate: apply

update notification n set state = n.unwanted, lease_until = null, closed_at = a.closed_at
from attempt a
where a.message_id = n.message_id and a.n = n.attempts
  and n.state in ('sending', 'unknown') and n.unwanted is not null and a.outcome = 'refused';

-- migrate: rollback

select 1;
