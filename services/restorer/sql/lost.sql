-- name: looked
-- Up to where the topic was looked through, by partition.
select partition, next_offset from statement_looked;

-- name: set_looked
-- So far now ($1 partitions, $2 offsets).
insert into statement_looked (partition, next_offset) select * from unnest($1::bigint[], $2::bigint[])
on conflict (partition) do update set next_offset = excluded.next_offset;

-- name: not_here
-- Of these events ($1) those that the log lacks.
select w.event_id from unnest($1::uuid[]) as w(event_id)
where not exists (select from event e where e.event_id = w.event_id);

-- name: put_lost
-- A statement ($2 month, $3 number, $4 JSON) that the log lacks, by its event ($1).
insert into lost_statement (event_id, month, number, data) values ($1, $2, $3, $4::jsonb) on conflict do nothing;

-- name: lost
-- Statements of a month ($1) that the log lacks, the latest last.
select data::text as data from lost_statement where month = $1 order by number, data ->> 'publishedAt', event_id;
