-- name: raise
-- An alarm stands.
insert into alarm (customer_id, kind, since, mrids) values ($1, $2, $3, $4)
on conflict (customer_id, kind) do update set since = excluded.since, mrids = excluded.mrids;

-- name: over
-- What it was raised for is no more.
delete from alarm where customer_id = $1 and kind = $2;

-- name: standing
-- How many stand, by kind.
select kind, count(*) as standing from alarm group by kind;
