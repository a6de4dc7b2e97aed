-- How soon the telephone was answered, hour by hour, as the call centre counts it.
-- depends: 0014_complaints

-- migrate: apply

create table hotline_hour (
  hotline text not null,
  hour timestamptz not null,
  revision bigint not null,
  calls bigint not null,
  answered bigint not null,
  abandoned bigint not null,
  within jsonb not null,
  primary key (hotline, hour)
);
create index hotline_hour_hour on hotline_hour (hour);
comment on table hotline_hour is 'What counts of each hour of a hotline: its highest revision. within: [{limit, unit, calls}]';

insert into operator_sees (table_name) values ('hotline_hour');

-- migrate: rollback

delete from operator_sees where table_name = 'hotline_hour';
drop table hotline_hour;
