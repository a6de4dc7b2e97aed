-- name: quarantined
-- What was set aside, oldest first; $1: only what is still open; $2: at most so many.
select q.quarantine_id, q.at, q.topic, q.partition, q.record_offset, q.source, q.id, q.type, q.key, q.reason, q.detail,
  q.stream_id, q.state, q.resolved_at, q.resolution, q.redacted
from quarantine q where not $1 or q.state = 'open'
order by q.at, q.topic, q.partition, q.record_offset limit $2;

-- name: understood
-- Open messages that were set aside because nobody knew their type, of types ($1) that are known now; oldest first, at most $2.
select q.quarantine_id, q.at, q.topic, q.partition, q.record_offset, q.source, q.id, q.type
from quarantine q where q.state = 'open' and q.reason = 'unknown-type' and q.type = any($1::text[])
order by q.at, q.topic, q.partition, q.record_offset limit $2;

-- name: quarantined_like
-- Ids that begin so.
select quarantine_id from quarantine where starts_with(quarantine_id::text, $1) limit 3;

-- name: quarantined_one
-- One of them, whole; phone numbers were taken out when it was kept.
select quarantine_id, at, topic, partition, record_offset, source, id, type, key, headers, body, redacted, reason, detail,
  stream_id, state, resolved_at, resolution
from quarantine where quarantine_id = $1;

-- name: waits_behind
-- Messages that wait for one to be dealt with, in their order.
select w.quarantine_id, w.at, w.source, w.id, w.type, w.stream_id from quarantine w
join stream s on s.stream_id = w.stream_id and s.parked_by = $1
where w.state = 'open' and w.reason = 'stream-parked' order by w.at, w.topic, w.partition, w.record_offset;

-- name: fences
-- How far each partition was read.
select topic, partition, first_offset, next_offset, last_digest, watermark,
  case when stamped_next = next_offset then last_stamp end as last_stamp
from consumer_offset
order by topic, partition;
