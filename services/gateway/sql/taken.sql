-- name: insert
-- Events not seen before. A twin in another transaction is waited for; then it is seen, or it was given up.
insert into taken (source, id, digest, type, at)
select w.source, w.id, w.digest, w.type, $5::timestamptz
from unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) as w(source, id, digest, type)
on conflict do nothing
returning source, id;

-- name: digests
-- What the events seen before held.
select t.source, t.id, t.digest
from taken t join unnest($1::text[], $2::text[]) as w(source, id) on t.source = w.source and t.id = w.id;

-- name: withdraw
-- Events that Kafka did not acknowledge were not taken.
delete from taken t using unnest($1::text[], $2::text[]) as w(source, id)
where t.source = w.source and t.id = w.id;

-- name: prune
-- A small step of the oldest, so that nobody waits behind it.
delete from taken where (source, id) in (
  select source, id from taken where at < $1::timestamptz order by at limit $2 for update skip locked
);
