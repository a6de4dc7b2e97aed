-- name: months
-- Every month as its stream has it, the newest first.
select view from live where starts_with(stream_id, 'month/') order by stream_id desc;

-- name: month
-- One month as its stream has it.
select view from live where stream_id = 'month/' || $1::text;

-- name: cases
-- Its cases as they stand, of one rule or of all, in the order of which digests are made.
select line from month_case where month = $1 and ($2::text is null or rule_id = $2)
order by rule_id collate "C", kind collate "C", name collate "C";

-- name: is_statement
-- Whether there is such a statement of that month.
select exists (select from statement where statement_id = $1 and month = $2);

-- name: statement_cases
-- The cases of a statement as they were frozen, in the same order.
select line from statement_case where statement_id = $1 and ($2::text is null or rule_id = $2)
order by rule_id collate "C", kind collate "C", name collate "C";

-- name: statement
-- One statement as it was published.
select data::text as data from statement where statement_id = $1;
