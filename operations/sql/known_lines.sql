-- name: lines_of_customers
-- Those of some lines ($1, normal names) at which a key customer takes power.
select value as line from notifier.customer_match where kind = 'line' and value = any($1::text[]);

-- name: any_of_customers
-- Whether any customer has a line at all: an empty registry says nothing about lines.
select exists(select from notifier.customer_match where kind = 'line');

-- name: lines_of_network
-- Those that the network model has, as the planner knows it.
select distinct form as line from planner.network_name where words = 'lines' and form = any($1::text[]);

-- name: any_of_network
-- Whether it has any line.
select exists(select from planner.network_name where words = 'lines');
