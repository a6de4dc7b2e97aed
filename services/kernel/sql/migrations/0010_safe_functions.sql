-- Functions that act with their owner's rights look at nothing of whoever calls them; and tables since for operators to see.
-- depends: 0009_questions

-- migrate: apply

-- Without pg_temp named last, a caller's temporary table stands before ours: the owner's rights would act on it.
do $$
begin
  execute format('alter function prune_skipped(int) set search_path to %I, pg_temp', current_schema());
  execute format('alter function former_skipped(text, int, text) set search_path to %I, pg_temp', current_schema());
end
$$;

insert into operator_sees (table_name) select unnest(array['snapshot', 'standing', 'place_form', 'alarm', 'circuit'])
on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name in ('snapshot', 'standing', 'place_form', 'alarm', 'circuit');
