-- name: class_of
-- What an outage ($1: its stream) is known to be.
select view ->> 'outageClass' from live where stream_id = $1 and view ->> 'status' <> 'unknown';
