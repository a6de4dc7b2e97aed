-- name: database_time
-- What the database's clock shows: the one question for the time that any SQL asks (services/kernel/upkeep/database_time.py).
select clock_timestamp();
