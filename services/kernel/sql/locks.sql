-- name: try_lock
-- Take an advisory lock for as long as this session holds it, if nobody else has it.
select pg_try_advisory_lock($1);

-- name: unlock
-- Give it back.
select pg_advisory_unlock($1);

-- name: lock_until_commit
-- Wait for an advisory lock; it ends with the transaction.
select pg_advisory_xact_lock($1);

-- name: try_until_commit
-- Take an advisory lock that ends with the transaction, if nobody else has it.
select pg_try_advisory_xact_lock($1);
