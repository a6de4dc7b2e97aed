-- name: elements_at
-- What was said of elements at an instant, in the service whose schema is entered.
select element from network_element where since <= $1 and (until is null or until > $1);

-- name: switches_at
-- How each switch that was thrown by then stood.
select distinct on (switch) switch, state from network_thrown where at <= $1 order by switch, at desc;
