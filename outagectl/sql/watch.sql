-- name: texts
-- Texts asked for of late, so that later words about them can be understood.
select message_id, customer_id, contact_id, mrids, trigger, provider_sid from notification
where requested_at >= $1 order by requested_at desc limit 50000;
