-- name: open_circuits
-- The open circuits of a provider.
select scope, subject, reason, code, http_status, found_by, since, faulted_at, probes, next_probe_at
from circuit where provider = $1 and is_open order by scope, subject;

-- name: open
-- A fault of the provider's side: opens its circuit; where it is open, only what was last said changes.
insert into circuit (
  provider, scope, subject, is_open, reason, code, http_status, found_by, since, faulted_at, next_probe_at
)
values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10)
on conflict (provider, scope, subject) do update set
  is_open = true, reason = excluded.reason, code = excluded.code, http_status = excluded.http_status,
  found_by = case when circuit.is_open then circuit.found_by else excluded.found_by end,
  since = case when circuit.is_open then circuit.since else excluded.since end,
  faulted_at = greatest(circuit.faulted_at, excluded.faulted_at),
  probes = case when circuit.is_open then circuit.probes else 0 end,
  next_probe_at = case when circuit.is_open then circuit.next_probe_at else excluded.next_probe_at end,
  closed_at = null
returning since = $8 as opened_now;

-- name: lock
-- The open circuits, locked, so that one process at a time sends a probe.
select scope, subject, reason, code, http_status, found_by, since, faulted_at, probes, next_probe_at
from circuit where provider = $1 and is_open order by scope, subject for update;

-- name: probed
-- A probe goes out: when the next one may.
update circuit set probes = probes + 1, next_probe_at = $4 where provider = $1 and scope = $2 and subject = $3;

-- name: close
-- A success of an attempt that began after the fault: what it disproves, of sender $4 and country $5.
update circuit set is_open = false, closed_at = $2
where provider = $1 and is_open and found_by = 'answer' and faulted_at < $3
  and (scope in ('account', 'network') or (scope = 'sender' and subject = $4) or (scope = 'region' and subject = $5))
returning scope, subject, reason, since;

-- name: close_one
-- A circuit that receipts opened, and a delivery disproves.
update circuit set is_open = false, closed_at = $4 where provider = $1 and scope = $2 and subject = $3 and is_open
returning scope, subject, reason, since;

-- name: doubts
-- For judging a doubtful refusal: this text's before, since the account's circuit was last closed; and the contacts that
-- had one since $3 and since the last text that was taken.
select
  (
    select count(*) from attempt a where a.message_id = $2 and a.fault = 'doubtful'
      and a.fault_at > coalesce(
        (select max(c.closed_at) from circuit c where c.provider = $1 and c.scope = 'account'), '-infinity'
      )
  ) as before,
  array(
    select distinct n.contact_id from attempt a join notification n using (message_id)
    where a.provider = $1 and a.fault = 'doubtful' and a.fault_at > greatest(
      $3::timestamptz,
      (select max(t.closed_at) from attempt t where t.outcome = 'accepted' and t.provider = $1 and t.fault is null)
    )
  ) as contacts;

-- name: doubted_by_receipt
-- Contacts with doubtful failures since $2 and since the last text that arrived.
select array(
  select distinct n.contact_id from attempt a join notification n using (message_id)
  where a.provider = $1 and a.fault = 'doubtful' and a.fault_at > greatest(
    $2::timestamptz,
    (
      select max(t.closed_at) from attempt t join notification d using (message_id)
      where t.outcome = 'accepted' and t.provider = $1 and t.closed_at > $2 and t.provider_sid = d.provider_sid
        and d.state = 'delivered'
    )
  )
);

-- name: reported
-- Attempts of which a receipt said that they failed, and that nobody has judged.
select a.message_id, a.n, a.failed_code, a.started_at, n.contact_id,
  (
    select v.country from contact_vault v where v.contact_id = n.contact_id order by v.put_at desc, v.customer_id limit 1
  ) as country
from attempt a join notification n using (message_id)
where a.fault = 'reported' and a.provider = $1 order by a.message_id, a.n limit 100 for update of a skip locked;

-- name: judged
-- What a reported failure was a fault of.
update attempt set fault = $3, fault_at = $4 where message_id = $1 and n = $2;

-- name: arrived_since
-- Whether a text taken after $2 has arrived; in country $3, if one is given.
select exists (
  select from attempt a join notification n using (message_id)
  where a.provider = $1 and a.outcome = 'accepted' and a.closed_at > $2 and n.provider_sid = a.provider_sid
    and n.state = 'delivered'
    and ($3::text is null or exists (select from contact_vault v where v.contact_id = n.contact_id and v.country = $3))
);

-- name: in_doubt_since
-- Texts of which nobody can say whether the provider has them, and since when the longest of them.
select count(*) as n, min(a.started_at) as since from notification n
join attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state = 'unknown';

-- name: waiting
-- Texts that wait for the sender, by lane.
select lane, count(*) as n from notification where state = 'ready' and expires_at > $1 and not_before <= $1 group by lane;
