-- Outages that were merged into others, and how far what is said of them was handed on.
-- depends:

-- migrate: apply

create table merged_outage (
  mrid text primary key,
  into_mrid text not null,
  merged_at timestamptz not null,
  version bigint not null,
  handed_on bigint not null default 0
);
create index merged_outage_due on merged_outage (mrid) where handed_on < version;
comment on table merged_outage is
  'Outages that go on as others: as of which version of their stream, and up to which that was handed on';

insert into operator_sees (table_name) values ('merged_outage');

-- migrate: rollback

delete from operator_sees where table_name = 'merged_outage';
drop table merged_outage;
