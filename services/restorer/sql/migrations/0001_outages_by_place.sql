-- Where outages are off, by place, and what their places meant in the network when they were named.
-- depends:

-- migrate: apply

create table off_outage (
  mrid text primary key,
  version bigint not null,
  began timestamptz,
  ended timestamptz
);
comment on table off_outage is
  'Outages that are off, and restored ones that are not closed: since when and until when, as of which version of their stream';

create table off_place (
  words text not null,
  form text not null,
  mrid text not null references off_outage on delete cascade,
  back boolean not null,
  written text not null,
  primary key (words, form, mrid, back)
);
create index off_place_of on off_place (mrid);
comment on table off_place is
  'Their places by the list of an extent and the normal name, as they were written; back: it has power, within one that has none';

create table outage_network (
  mrid text primary key,
  part bytea not null
);
comment on table outage_network is
  'What the places of an outage meant in the network when they were named (services/places/topology/part.py), packed';

create table place_form (
  one boolean primary key default true check (one),
  form text not null
);
comment on table place_form is 'The normal form (services/places) of the names in these tables and in those of the network';

insert into operator_sees (table_name) values ('off_outage'), ('off_place'), ('outage_network');

-- migrate: rollback

delete from operator_sees where table_name in ('off_outage', 'off_place', 'outage_network');
drop table place_form;
drop table outage_network;
drop table off_place;
drop table off_outage;
