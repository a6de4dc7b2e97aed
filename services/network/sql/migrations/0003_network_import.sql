-- Who brought in which edition of the network model, and when.
-- depends: 0002_network_thrown

-- migrate: apply

create table network_import (
  model_id text not null,
  date timestamptz not null,
  imported_at timestamptz not null,
  elements bigint not null,
  imported_by text,
  primary key (model_id, date, imported_at)
);
comment on table network_import is 'append-only: editions that were brought in whole, by whom, each time it was said; an import of before does not say by whom';

insert into operator_sees (table_name) values ('network_import');

-- migrate: rollback

delete from operator_sees where table_name = 'network_import';
drop table network_import;
