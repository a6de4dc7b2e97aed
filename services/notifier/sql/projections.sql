-- name: request
-- A text asked for: ready to be claimed. A replay finds its row there. Held, where a send that it belongs to is not approved; but not of
-- the critical lane, and none of the triggers $20. $17: its frame, $18 the digest
-- of that, $19 whether the last place of a telephone is kept for it, $21 what asks for an answer.
insert into notification (
  message_id, customer_id, contact_id, mrids, trigger, lane, lane_rank, body, ref, not_before, due_at, expires_at,
  state, stream_version, requested_at, changes_at, known_at, frame, alike, keeps_last, retry_after, invites
)
values (
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'ready', $13, $14, $15, $16, $17, $18, $19,
  case
    when $7::smallint > 0 and not $5::text = any($20::text[])
      and exists (select from large_send s where s.mrid = any($4::text[]) and s.state <> 'approved')
    then 'infinity'::timestamptz
  end,
  $21
)
on conflict (message_id) do nothing;

-- name: lock_text
-- The row whose state is about to move; rows are locked before their attempts, everywhere.
select state from notification where message_id = $1 for update;

-- name: move_text
-- A move that states.ROW allows. $3: when it became final, if it did.
update notification set state = $2, closed_at = $3, lease_until = null where message_id = $1;

-- name: adopt_text
-- The provider took it.
update notification
set state = $2, provider = $3, provider_sid = $4, lease_until = null, closed_at = null
where message_id = $1;

-- name: counts_as_told
-- Its provider gives no receipts: that it was taken ($2) is all that will be known of it.
update notification set taken_at = $2 where message_id = $1;

-- name: adopt_attempt
-- The attempt it was taken by, and whose provider's message it is: one that stands for unknown ones may have gone by another. Its
-- times are wall times, the event's are not: it counts as closed from its start.
update attempt
set outcome = 'accepted', provider_sid = $3, provider = $4, closed_at = coalesce(closed_at, started_at)
where message_id = $1 and n = $2;

-- name: go_on
-- By the policy's rule another provider sends a text of whose attempt $2 nobody knows: it is asked about once more at $3.
with free as (
  update notification set state = 'ready', lease_until = null, retry_after = null, carrier = null
  where message_id = $1 and state = 'unknown' and attempts = $2
  returning message_id
)
update attempt a set look_again_at = $3 from free f where a.message_id = f.message_id and a.n = $2;

-- name: name_text
-- The provider's id of a text that has none yet.
update notification set provider_sid = $2
where message_id = $1 and provider_sid is null and not exists (select from notification where provider_sid = $2);

-- name: report_failed
-- A receipt said that this text failed, with this code; the sender judges what was at fault.
update attempt set fault = 'reported', failed_code = $3 where message_id = $1 and provider_sid = $2;

-- name: withdraw
-- It is to be sent no more ($2: suppressed or expired), at $3, where it is in one of states $4. While an attempt is out ($5) the
-- verdict is awaited, but it is never sent again.
update notification set
  unwanted = case when state = any($5::text[]) then $2 else unwanted end,
  closed_at = case when state = any($5::text[]) then closed_at else $3 end,
  lease_until = case when state = any($5::text[]) then lease_until end,
  state = case when state = any($5::text[]) then state else $2 end
where message_id = $1 and (state = any($4::text[]) or state = any($5::text[]));

-- name: put_customer
-- A customer as the registry has it now.
insert into customer (customer_id, profile, updated_at) values ($1, $2, $3)
on conflict (customer_id) do update set profile = excluded.profile, updated_at = excluded.updated_at;

-- name: places
-- Where a customer took power until now.
select kind, value from customer_match where customer_id = $1;

-- name: clear_places
-- The places of a customer, before the present ones are put.
delete from customer_match where customer_id = $1;

-- name: put_places
-- Where a customer takes power: $2 kinds, $3 normalised values, side by side.
insert into customer_match (kind, value, customer_id)
select w.kind, w.value, $1 from unnest($2::text[], $3::text[]) as w(kind, value)
on conflict do nothing;

-- name: point
-- Where a customer was known to be until now, as rematch has it.
select at::text from customer_point where customer_id = $1;

-- name: put_point
-- Where the customer is: $2 longitude, $3 latitude.
insert into customer_point (customer_id, at) values ($1, point($2, $3)) on conflict (customer_id) do update set at = excluded.at;

-- name: clear_point
-- It is not known any more.
delete from customer_point where customer_id = $1;

-- name: profile
-- A customer as the registry had it until now.
select profile from customer where customer_id = $1;

-- name: clear_supplies
-- A customer's supplies, before the present ones are put.
delete from customer_supply where customer_id = $1;

-- name: put_supply
-- One supply: $2 its id, $3 the kinds of element by which it is known.
insert into customer_supply (customer_id, supply_id, kinds) values ($1, $2, $3)
on conflict (customer_id, supply_id) do update set kinds = excluded.kinds;

-- name: drop_customer
-- The customer is forgotten; places go with the row.
delete from customer where customer_id = $1;

-- name: forget_kept
-- What the kernel kept of this stream's state goes at once; it is a cache, and the log tells the state again.
delete from snapshot where stream_id = $1;
