-- name: lock_fence
-- A fence, held until the end of the transaction.
select topic, partition, first_offset, next_offset from consumer_offset where topic = $1 and partition = $2 for update;

-- name: move_fence
-- A fence set by hand: $3 where reading began, $4 what comes next.
update consumer_offset set first_offset = $3, next_offset = $4, last_digest = null, last_stamp = null, stamped_next = null
where topic = $1 and partition = $2;

-- name: read_past_the_start
-- Fences of a topic ($1) that have left their start, held until the end of the transaction.
select partition, first_offset from consumer_offset
where topic = $1 and next_offset > first_offset order by partition for update;

-- name: drop_fence
-- A partition that is no more holds no mark down.
delete from consumer_offset where topic = $1 and partition = $2;

-- name: drop_standing
-- Nobody will read this partition number again, where no topic has it any more.
delete from standing s where s.partition = $1 and not exists (
  select from consumer_offset o where o.partition = $1 and position('@' in o.topic) = 0
);

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
-- And so do the offsets it had no message for; the table is append-only, so a function of its owner does it.
select former_skipped($1, $2, $3);

-- name: keep_former_horizon
-- How far the former topic was pruned; its successor starts afresh.
update pruned set topic = $3 where topic = $1 and partition = $2;
