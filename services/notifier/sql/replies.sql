-- name: contacts
-- Who has the number of this blind index ($1).
select customer_id, contact_id from contact_vault where blind_index = $1 order by customer_id, contact_id limit $2;

-- name: texts
-- What went to that number ($1) since $2, the latest first: at most $3. What a provider has is sent, whatever became of it. Where one
-- text spoke for several customers, it is that one's code which they have.
select n.customer_id, n.contact_id, coalesce((select l.ref from notification l where l.message_id = n.carried_by), n.ref) as ref, n.mrids, n.trigger, greatest(n.requested_at, n.not_before) as at
from contact_vault v join notification n on n.contact_id = v.contact_id and n.customer_id = v.customer_id
where v.blind_index = $1 and n.requested_at > $2 and n.state in ('accepted', 'sent', 'delivered')
order by greatest(n.requested_at, n.not_before) desc, n.message_id limit $3;

-- name: put_reply
-- A text that came in.
insert into reply (reply_id, handset, provider, body, meaning, reason, code, customers, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (reply_id) do nothing;

-- name: put_to_read
-- A person must read it, for this customer.
insert into reply_to_read (reply_id, customer_id, mrid, reason, since, useful_until) values ($1, $2, $3, $4, $5, $6)
on conflict (reply_id, customer_id) do nothing;

-- name: forget_old
-- Texts that came in before $1.
delete from reply where received_at < $1;

-- name: forget_read
-- And who was to read them.
delete from reply_to_read where since < $1;

-- name: forget_customer
-- What an erased customer ($1) wrote; where others have the same number, that it came from them too.
delete from reply where customers = array[$1::text];

-- name: unname_customer
-- Of what came from a number that others have as well, that it was theirs.
update reply set customers = array_remove(customers, $1) where $1 = any(customers);

-- name: forget_to_read
-- And that a person was to read it.
delete from reply_to_read where customer_id = $1;

-- name: opt_out
-- Nothing goes to this number any more.
insert into opted_out (blind_index, since, reply_id) values ($1, $2, $3) on conflict (blind_index) do nothing;

-- name: opt_in
-- Texts may go there again.
delete from opted_out where blind_index = $1;

-- name: is_opted_out
-- Whether nothing may go to the number of this blind index ($1).
select exists (select from opted_out where blind_index = $1);
