-- name: known
-- Facts on these topics ($1) are known for ever, in so many partitions ($2): no deadline waits for proof.
insert into consumer_offset (topic, partition, first_offset, next_offset, watermark)
select topic, partition, 0, 0, '2199-01-01T00:00:00Z' from unnest($1::text[]) as topic, generate_series(0, $2 - 1) as partition
on conflict (topic, partition) do update set watermark = excluded.watermark;

-- name: forget_stream
-- One stream ($1) was never there.
with gone as (delete from event where stream_id = $1), seen as (delete from live where stream_id = $1),
  kept as (delete from snapshot where stream_id = $1), armed as (delete from timer where stream_id = $1)
delete from stream where stream_id = $1;

-- name: of_stream
-- Its rows in a table, whole.
select * from {table} where stream_id = $1;

-- name: settle
-- As a server has them that has been at work for long.
vacuum (analyze) {table};
