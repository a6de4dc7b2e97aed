-- name: put
-- What people must look at of the work $1, from now on: by notice ($2), kind ($3), reason ($4), since ($5), until when it is of use ($6).
insert into public_cause (mrid, notice_id, kind, reason, since, useful_until)
select $1, w.* from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) as w
on conflict (notice_id, kind) do update set reason = excluded.reason, since = excluded.since, useful_until = excluded.useful_until;

-- name: drop
-- And of it nothing else: $2 notices, $3 kinds that are left.
delete from public_cause c where c.mrid = $1
  and not exists (select from unnest($2::text[], $3::text[]) as w(notice_id, kind) where (w.notice_id, w.kind) = (c.notice_id, c.kind));

-- name: forget
-- What was of use until an instant ($1) is gone.
delete from public_cause where useful_until <= $1;

-- name: counts
-- At an instant ($1) how many notices stand so, by kind, and since when the first of them does.
select kind, count(*) as notices, min(since) as oldest from public_cause where since <= $1 and useful_until > $1 group by kind;

-- name: counting
-- The public counts as told by these channels ($1).
insert into public_counting (counted_by) values ($1) on conflict (one) do update set counted_by = excluded.counted_by
where public_counting.counted_by <> excluded.counted_by;
