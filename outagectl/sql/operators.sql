-- name: quarantined
-- What was set aside, oldest first; $1: only what is still open; $2: at most so many.
select q.quarantine_id, q.at, q.topic, q.partition, q.record_offset, q.source, q.id, q.type, q.key, q.reason, q.detail,
  q.stream_id, q.state, q.resolved_at, q.resolution, q.redacted
from quarantine q where not $1 or q.state = 'open'
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
select topic, partition, first_offset, next_offset, last_digest, watermark from consumer_offset
order by topic, partition;

-- name: lock_fence
-- One of them, held until the end of the transaction.
select topic, partition, first_offset, next_offset, last_digest, watermark from consumer_offset
where topic = $1 and partition = $2 for update;

-- name: move_fence
-- A fence set by hand: $3 where reading began, $4 what comes next.
update consumer_offset set first_offset = $3, next_offset = $4, last_digest = null where topic = $1 and partition = $2;

-- name: skip_by_hand
-- Offsets that an operator gave up.
insert into skipped (topic, partition, from_offset, to_offset, reason, detail)
values ($1, $2, $3, $4, 'operator-accepted', $5);

-- name: former_topics
-- How often a topic was replaced.
select count(*) from consumer_offset where starts_with(topic, $1 || '@') and partition = $2;

-- name: keep_former_fence
-- The fence of a topic that is no more, so that what was read of it can still be audited.
insert into consumer_offset (topic, partition, first_offset, next_offset, last_digest, watermark)
select $3, partition, first_offset, next_offset, last_digest, watermark from consumer_offset
where topic = $1 and partition = $2;

-- name: keep_former_inbox
-- Messages of the former topic go by its former name: their offsets come again.
update inbox set topic = $3 where topic = $1 and partition = $2;

-- name: keep_former_skipped
-- And so do the offsets it had no message for.
update skipped set topic = $3 where topic = $1 and partition = $2;

-- name: keep_former_horizon
-- How far the former topic was pruned; its successor starts afresh.
update pruned set topic = $3 where topic = $1 and partition = $2;

-- name: record_action
-- What a person did by hand.
insert into operator_action (at, who, action, detail) values ($1, $2, $3, $4);
