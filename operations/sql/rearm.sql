-- name: has_writer
-- Whether a service's live views say which code wrote them.
select exists (
  select from information_schema.columns
  where table_schema = $1 and table_name = 'live' and column_name = 'written_by'
);
