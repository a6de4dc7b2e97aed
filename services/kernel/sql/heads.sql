-- name: heads
-- Signed heads, oldest first, from a number on.
select number, position, body, signature from head where number >= $1 order by number;

-- name: last_head
-- The newest head.
select number, position, body, signature from head order by number desc limit 1;

-- name: put_head
-- A head as it was signed; nobody changes it afterwards.
insert into head (number, position, body, signature) values ($1, $2, $3, $4);

-- name: leaves
-- What the leaves of one segment commit to, in log order.
select position, stream_id, version, chain from event where position > $1 and position <= $2 order by position;

-- name: newest_position
-- Where the log ends. Positions are in commit order, so that every event up to it is seen.
select max(position) from event;

-- name: whole_rows
-- The log in order with everything that was hashed.
select position, stream_id, version, event_id, type, data, cause, reason, decided_at, chain from event
where position <= $1 order by position;
