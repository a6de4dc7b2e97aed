-- name: texts
-- Of the texts asked for before $1 and not forgotten yet the events that asked for the $2 oldest, and those that hold the same words:
-- what it might share with other sites, and what one text said for several. None that may still be sent.
select e.position
from (
  select n.message_id, n.customer_id, n.stream_version, n.requested_at, n.carried_by is not null
      or exists (select from attempt a where a.message_id = n.message_id and a.body is not null) as is_merged
  from notification n
  where n.forgotten_at is null and n.requested_at < $1 and n.state not in ('ready', 'sending', 'unknown', 'carried')
  order by n.requested_at limit $2
) t
join event e on e.stream_id = 'customer/' || t.customer_id
  and (
    e.version = t.stream_version
    or (e.version = t.stream_version - 1 and e.type = 'text.meant.v1' and e.data ->> 'frame' is not null)
    or (
      t.is_merged and e.version > t.stream_version and e.type = 'message.accepted.v1'
      and e.data ->> 'messageId' = t.message_id and e.data ->> 'body' is not null
    )
  )
order by t.requested_at;

-- name: forget_texts
-- The wording of the texts that these events ($1) asked for, now ($2).
with gone as (
  update notification n set body = '[forgotten]', frame = null, forgotten_at = $2
  from event e
  where e.position = any($1::bigint[]) and n.customer_id = substr(e.stream_id, 10) and n.stream_version = e.version
  returning n.message_id
)
update attempt a set body = '[forgotten]' from gone g where a.message_id = g.message_id and a.body is not null;

-- name: forget_replies
-- The rows of what came in, by the events ($1) that took it.
delete from reply r using event e
where e.position = any($1::bigint[]) and e.type = 'reply.received.v1' and r.reply_id = e.data ->> 'replyId';

-- name: superseded
-- Profiles that a later one, or an erasure, after position $1 and up to $2 took the place of, and that are not forgotten yet.
select distinct p.position
from event e join event p on p.stream_id = e.stream_id and p.version < e.version
where e.position > $1 and e.position <= $2 and e.type in ('customer.upserted.v1', 'customer.upserted.v2', 'customer.erased.v1')
  and p.type in ('customer.upserted.v1', 'customer.upserted.v2')
  and not exists (select from forgotten f where f.position = p.position)
order by p.position;

-- name: drop_old_numbers
-- Of the contacts to be asked those that are no more, or whose number was put or confirmed since. $1: how long it may stand unconfirmed.
delete from old_number o where not exists (
  select from contact_vault v
  where v.customer_id = o.customer_id and v.contact_id = o.contact_id and v.put_at + $1::interval = o.since
);

-- name: put_old_numbers
-- Contacts whose number was put or confirmed before $1, each with since when it is to be confirmed ($2 after that).
insert into old_number (customer_id, contact_id, since)
select v.customer_id, v.contact_id, v.put_at + $2::interval from contact_vault v where v.put_at < $1
on conflict do nothing;

-- name: old_number_count
-- How many there are.
select count(*) from old_number;

-- name: confirm_numbers
-- Somebody has asked a customer ($1) whether these numbers ($2: contacts) are still theirs; when ($3). Whose are there.
update contact_vault set put_at = greatest(put_at, $3) where customer_id = $1 and contact_id = any($2::text[]) returning contact_id;

-- name: numbers_held
-- The contacts of a customer whose number the vault has.
select contact_id, put_at from contact_vault where customer_id = $1 order by contact_id;
