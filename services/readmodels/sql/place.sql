-- name: table
-- One row for each outage and place that a fact or a notice ever named for it.
create table {table} (
  place_id text primary key,
  kind text not null,
  value text not null,
  written text not null,
  mrid text not null
);

-- name: source
-- The rows of a batch, $1: one JSON array of objects.
select * from json_to_recordset($1::json) as w (place_id text, kind text, value text, written text, mrid text)

-- name: put
-- A place is named once, however often a fact repeats it.
on conflict (place_id) do nothing
