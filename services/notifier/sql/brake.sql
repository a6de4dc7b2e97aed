-- name: hold_still
-- Whoever stops a lane waits for claims under way, so that it knows what is still going out. Before the claim, and in a
-- statement of its own: the claim must see a brake that was put while this one waited.
select pg_advisory_xact_lock_shared($1);

-- name: wait_for_claims
-- Returns once no claim is under way that began before a brake was put.
select pg_advisory_xact_lock($1);

-- name: brakes
-- The lanes that are stopped.
select lane, stopped_at, who, reason from brake order by lane;
