-- name: answering
-- The customer whom a text from a number of this blind index ($1) most likely answers: of those who have that number the one who was
-- told since $2 that power is back, or whose text has its code in the answer ($3, in capitals); of several the last that was told.
select n.customer_id from contact_vault v
join notification n on n.contact_id = v.contact_id and n.customer_id = v.customer_id
where v.blind_index = $1 and n.trigger in ('restored', 'part-restored') and n.state in ('accepted', 'sent', 'delivered')
  and n.requested_at > $2
order by strpos($3, n.ref) > 0 desc, n.requested_at desc, n.customer_id limit 1;
