-- Of which date the registry's file was that came in last, whether it changed anything or not: one that nobody refreshes is an alarm.
-- depends: 0016_denied

-- migrate: apply

create table registry_import (
  one boolean primary key default true check (one),
  file_date timestamptz not null,
  imported_at timestamptz not null
);
comment on table registry_import is 'The date of the registry''s file that came in last, and when it did';

insert into operator_sees (table_name) values ('registry_import');

-- migrate: rollback

delete from operator_sees where table_name = 'registry_import';
drop table registry_import;
