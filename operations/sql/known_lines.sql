-- name: lines
-- Those of some lines ($1, normal names) at which a key customer takes power.
select value from notifier.customer_match where kind = 'line' and value = any($1::text[]);

-- name: any_line
-- Whether any customer has a line at all: an empty registry says nothing about lines.
select exists(select from notifier.customer_match where kind = 'line');
