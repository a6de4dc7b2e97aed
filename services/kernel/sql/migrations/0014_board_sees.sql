-- Which views the role of the public board may read; and functions with their owner's rights are the service's own to call.
-- depends: 0013_words_within

-- migrate: apply

create table board_sees (table_name text primary key);
comment on table board_sees is
  'read-only: the views that the role of the public board (outage_board) may read, and nothing else; migrate grants by it';
insert into operator_sees (table_name) values ('board_sees');

-- Whoever may look into the schema could call them. The service's role keeps the right: migrate gives it anew each time.
do $$
declare service text := 'outage_' || current_schema();
begin
  revoke all on function prune_skipped(int), former_skipped(text, int, text) from public;
  if exists (select from pg_roles where rolname = service) then
    execute format('grant execute on function prune_skipped(int), former_skipped(text, int, text) to %I', service);
  end if;
end
$$;

-- migrate: rollback

grant execute on function prune_skipped(int), former_skipped(text, int, text) to public;
delete from operator_sees where table_name = 'board_sees';
drop table board_sees;
