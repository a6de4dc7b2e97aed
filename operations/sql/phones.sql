-- name: texts
-- Texts of ours by their ids ($1), and those that went with one of them: what each is about, whom it serves, how far it came. What a
-- text makes its reader believe stands in the log right before it.
select n.message_id, n.carried_by, n.customer_id, n.contact_id, n.trigger, n.ref, n.mrids, n.state, n.unwanted, n.taken_at,
  (
    select e.data ->> 'templateId' from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version
  ) as template,
  (
    select e.data from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version - 1 and e.type = 'text.meant.v1'
  ) as meant
from notification n
where n.message_id = any($1::text[]) or n.carried_by = any($1::text[])
order by n.customer_id, n.message_id;

-- name: customers
-- Customers by their ids ($1), as the registry has them now.
select customer_id, profile from customer where customer_id = any($1::text[]);
