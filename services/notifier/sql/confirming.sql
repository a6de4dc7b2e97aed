-- name: is_registered
-- Whether a customer ($1) is in the registry as it is here.
select exists (select from customer where customer_id = $1);
