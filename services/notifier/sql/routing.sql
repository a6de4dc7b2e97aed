-- name: set_up
-- A notifier was started with these providers ($1), at the real instant $2.
insert into sms_provider (name, started_at) select name, $2 from unnest($1::text[]) as w(name)
on conflict (name) do update set started_at = excluded.started_at;

-- name: unrouted
-- Texts that are due ($1, real time $2) and that no provider was chosen for, with the country of their number, and who may have them
-- already, where the policy lets them go on; most urgent first.
select n.message_id, n.contact_id, n.body, n.trigger, n.expires_at, v.country, v.blind_index,
  array(
    select a.provider from attempt a where a.message_id = n.message_id and a.outcome = 'unknown' and a.look_again_at is not null
  ) as perhaps_with
from notification n left join lateral (
  select c.country, c.blind_index from contact_vault c where c.contact_id = n.contact_id
  order by c.put_at desc, c.customer_id limit 1
) v on true
where n.state = 'ready' and n.carrier is null and n.barred is null
  and n.not_before <= $1 and n.expires_at > $1 and (n.retry_after is null or n.retry_after <= $2)
order by n.lane_rank, n.not_before, n.message_id
limit $3
for update of n skip locked;

-- name: sent_to
-- Texts to these numbers ($1, blind indexes) by attempts that began since $2 and may have created something, and those that wait for
-- their provider.
select distinct v.blind_index, a.provider, n.message_id, n.body
from contact_vault v join notification n using (contact_id) join attempt a using (message_id)
where v.blind_index = any($1::text[]) and a.started_at > $2 and a.outcome in ('in-flight', 'unknown', 'accepted')
union
select v.blind_index, n.carrier, n.message_id, n.body
from contact_vault v join notification n using (contact_id)
where v.blind_index = any($1::text[]) and n.state = 'ready' and n.carrier is not null;

-- name: route
-- The providers ($2) chosen for texts ($1), at the real instant $3. $4: who bring answers to us, so that a text may ask for one.
update notification n set carrier = w.carrier, routed_at = $3, answered_by = case when w.invites then w.carrier end
from unnest($1::text[], $2::text[], $4::boolean[]) as w(message_id, carrier, invites)
where n.message_id = w.message_id and n.state = 'ready';

-- name: put_off
-- Texts ($1) that wait until their country's carriers take texts again ($2).
update notification n set not_before = w.until
from unnest($1::text[], $2::timestamptz[]) as w(message_id, until) where n.message_id = w.message_id and n.state = 'ready';

-- name: bar
-- Texts ($1) that nobody may carry, and why ($2).
update notification n set barred = w.reason
from unnest($1::text[], $2::text[]) as w(message_id, reason) where n.message_id = w.message_id and n.state = 'ready';

-- name: barred
-- Texts that nobody may carry and whose conversation does not know it yet.
select message_id, customer_id, attempts, barred from notification where state = 'ready' and barred is not null
order by message_id limit 100;

-- name: long_unknown
-- Texts of the critical lane of which nothing was heard since their sender could no longer post, before the real instant $1, and that
-- are wanted and of use at $2.
select n.message_id, n.customer_id, a.n, a.provider, a.closed_at, (
  select v.country from contact_vault v where v.contact_id = n.contact_id order by v.put_at desc, v.customer_id limit 1
) as country
from notification n join attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state = 'unknown' and n.lane = 'critical' and n.unwanted is null and n.expires_at > $2
  and a.outcome = 'unknown' and a.closed_at < $1
order by a.closed_at limit 50;

-- name: open_faults
-- What is at fault now, of every provider, and when its next probe may go.
select provider, scope, subject, next_probe_at from circuit where is_open;

-- name: by_carrier
-- For whom texts wait, by provider and country, at $1.
select n.carrier, v.country from notification n left join lateral (
  select c.country from contact_vault c where c.contact_id = n.contact_id order by c.put_at desc, c.customer_id limit 1
) v on true
where n.state = 'ready' and n.carrier is not null and n.expires_at > $1
group by 1, 2;

-- name: release
-- Texts for provider $1 to country $2 that were given to it before the real instant $3: another may carry them. They are known to be
-- unsent. Whoever is at one decides of it.
with chosen as (
  select n.message_id from notification n left join lateral (
    select c.country from contact_vault c where c.contact_id = n.contact_id order by c.put_at desc, c.customer_id limit 1
  ) v on true
  where n.state = 'ready' and n.carrier = $1 and v.country is not distinct from $2 and n.routed_at < $3
  order by n.lane_rank, n.not_before, n.message_id
  limit 500
  for update of n skip locked
)
update notification n set carrier = null from chosen c where n.message_id = c.message_id returning n.message_id;

-- name: release_stranded
-- Texts that were given before the real instant $2 to providers that are not set up any more (none of $1): another may carry them.
update notification set carrier = null
where state = 'ready' and carrier is not null and carrier <> all($1::text[]) and routed_at < $2
returning message_id, carrier;

-- name: may_lend
-- The least urgent texts, and none of rank 0, that wait at $2 (real time $3) for others than provider $1, to country $4 if it is
-- given, where none of its own is there to probe its circuit with.
select n.message_id, v.country from notification n left join lateral (
  select c.country from contact_vault c where c.contact_id = n.contact_id order by c.put_at desc, c.customer_id limit 1
) v on true
where n.state = 'ready' and n.carrier is not null and n.carrier <> $1 and n.lane_rank > 0
  and n.not_before <= $2 and n.expires_at > $2 and (n.retry_after is null or n.retry_after <= $3)
  and ($4::text is null or v.country = $4)
  and not exists (
    select from attempt a where a.message_id = n.message_id and a.outcome = 'unknown' and a.look_again_at is not null
  )
  and not exists (
    select from notification o where o.state = 'ready' and o.carrier = $1 and o.not_before <= $2 and o.expires_at > $2
      and (
        $4::text is null
        or exists (select from contact_vault c where c.contact_id = o.contact_id and c.country = $4)
      )
  )
order by n.lane_rank desc, n.not_before desc, n.message_id
limit 20
for update of n skip locked;

-- name: orphaned
-- Attempts without a verdict at providers that are not set up (none of $1), by provider.
select a.provider, count(*)::int as texts
from notification n join attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state in ('sending', 'unknown') and a.outcome in ('in-flight', 'unknown', 'prepared') and a.provider <> all($1::text[])
group by a.provider order by a.provider;

-- name: orphans
-- Those whose sender could not post any more by the real instant $2, and that were to have gone by then; and the texts for which others
-- of them speak. `n`: of the attempt at `of_text`.
select w.message_id, w.customer_id, w.of_text, a.n, a.provider
from (
  select n.message_id, n.customer_id, n.message_id as of_text, n.attempts as n from notification n where n.state = 'unknown'
  union all
  select n.message_id, n.customer_id, n.message_id, n.attempts
  from notification n join attempt p on p.message_id = n.message_id and p.n = n.attempts
  where n.state = 'sending' and p.outcome = 'prepared'
  union all
  select n.message_id, n.customer_id, n.carried_by, n.carried_n from notification n
  where n.carried_by is not null and n.state = 'carried'
) w
join attempt a on a.message_id = w.of_text and a.n = w.n
where a.outcome in ('unknown', 'prepared') and a.provider <> all($1::text[])
  and coalesce(a.closed_at, a.deadline) < $2 and coalesce(a.send_at, a.started_at) < $2
order by w.message_id limit 200;

-- name: give_up
-- Nobody can say what became of attempt $2: its provider is asked once more if it is set up again ($3: real time). $4: since when a
-- person is needed. $5: a text that it says, too, and that is ended with it.
update attempt set outcome = 'unknown', look_again_at = coalesce(look_again_at, $3), given_up_at = coalesce(given_up_at, $4),
  freed = case when $5::text is null then freed else array(select distinct u.one from unnest(freed || $5::text) as u(one)) end,
  closed_at = coalesce(closed_at, deadline)
where message_id = $1 and n = $2 and outcome in ('unknown', 'prepared');

-- name: end_orphan
-- Its conversation had settled the text already: nobody waits for a verdict.
update notification set state = coalesce(unwanted, 'refused'), lease_until = null, closed_at = $2
where message_id = $1 and state in ('sending', 'unknown', 'carried');
