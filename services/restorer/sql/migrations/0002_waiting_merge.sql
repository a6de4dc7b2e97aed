-- Outages that are to be merged into one of which nothing is known yet.
-- depends: 0001_outages_by_place

-- migrate: apply

create table waiting_merge (
  mrid text not null,
  into_mrid text not null,
  primary key (mrid, into_mrid)
);
comment on table waiting_merge is 'Merges that dispatch asked for, into outages that are not known yet';

insert into operator_sees (table_name) values ('waiting_merge');

-- migrate: rollback

delete from operator_sees where table_name = 'waiting_merge';
drop table waiting_merge;
