-- name: known_by
-- What was decided about one outage by an instant (null: up to now), oldest first.
select stream_id, version, event_id, type, data, reason, cause, decided_at, position
from event where stream_id = $1 and ($2::timestamptz is null or decided_at <= $2) order by version;
