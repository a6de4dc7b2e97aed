-- How switches stood before, so that it can be asked what hung on what at an earlier instant.
-- depends: 0001_network

-- migrate: apply

create table network_thrown (
  switch text not null,
  at timestamptz not null,
  state text not null check (state in ('open', 'closed')),
  primary key (switch, at)
);
insert into network_thrown (switch, at, state) select switch, at, state from network_switch;
comment on table network_thrown is 'Every throw of a switch that was news when it came; network_switch has the last of each';

insert into operator_sees (table_name) values ('network_thrown');

-- migrate: rollback

delete from operator_sees where table_name = 'network_thrown';
drop table network_thrown;
