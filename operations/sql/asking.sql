-- name: standing
-- Whether a process of the service ($1: how it calls itself) is connected, as far as this role can see, and whether this
-- role may write the service's log itself.
select exists (
    select from pg_stat_activity where application_name = $1 and datname = current_database()
  ) as running,
  has_table_privilege('event', 'insert') and has_table_privilege('inbox', 'update')
  and has_table_privilege('stream', 'update') as judges;
