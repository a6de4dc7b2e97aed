-- name: decided_at
-- When the event at a position of this service's log was decided.
select decided_at from event where position = $1;

-- name: last_position
-- Where this service's log ends.
select max(position) from event;
