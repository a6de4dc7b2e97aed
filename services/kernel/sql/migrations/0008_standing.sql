-- The caught-up mark of a service: a quiet night and a dead service look different.
-- depends: 0007_snapshot

-- migrate: apply

create table standing (
  partition int primary key,
  caught_up_at timestamptz not null,
  raised_at timestamptz not null
) with (fillfactor = 50);
comment on table standing is
  'By partition number: the domain time up to which all facts of every input are known, and the real time at which the worker that reads it last said so (every 5 s)';
insert into operator_sees (table_name) values ('standing');

-- migrate: rollback

delete from operator_sees where table_name = 'standing';
drop table standing;
