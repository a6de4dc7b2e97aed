-- What is counted of each outage for the figures that are published: who lost power when and got it back when, and what was said of it.
-- depends: 0010_promise_case

-- migrate: apply

create table counted_outage (
  mrid text primary key,
  version bigint not null,
  figures jsonb not null,
  outage_class text,
  territories text[] not null,
  lines text[] not null,
  areas text[] not null,
  first_known timestamptz
);
create index counted_outage_known on counted_outage (first_known);
comment on table counted_outage is
  'Each outage as it counts: `figures` of its view (services/reliability/interruptions.py) as of a version of its stream, and what it is found by';

create table interruption (
  mrid text not null references counted_outage on delete cascade,
  number bigint not null,
  episode bigint not null,
  off_from timestamptz not null,
  off_until timestamptz,
  customers bigint,
  known_by text not null,
  held jsonb,
  primary key (mrid, number)
);
create index interruption_from on interruption (off_from);
create index interruption_held on interruption (off_from) where held is not null;
comment on table interruption is
  'Customers who lost power at one instant and got it back at one (a restoration step); off_until null: they have none; customers null: nobody said how many';

insert into operator_sees (table_name) values ('counted_outage'), ('interruption');

-- migrate: rollback

delete from operator_sees where table_name in ('counted_outage', 'interruption');
drop table interruption;
drop table counted_outage;
