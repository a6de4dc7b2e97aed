-- name: readable
-- Whether this schema holds the caught-up marks, and this role may read them.
select coalesce(has_table_privilege(to_regclass('standing'), 'select'), false);
