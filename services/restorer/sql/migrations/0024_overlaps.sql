-- Where and when each outage was ever off, for others at one place in one time to be found by, whichever was heard of last.
-- depends: 0023_complaints_told_before

-- migrate: apply

create table ever_off (
  mrid text primary key,
  began timestamptz not null,
  ended timestamptz,
  beside text[] not null
);
create index ever_off_from on ever_off (began);
comment on table ever_off is 'From when until when each outage was off, with all between; ended null: it is off still; beside: others at its places in that time, when it was looked at last';

create table ever_off_place (
  words text not null,
  form text not null,
  mrid text not null references ever_off on delete cascade,
  primary key (words, form, mrid)
);
create index ever_off_place_of on ever_off_place (mrid);
comment on table ever_off_place is 'All places at which an outage was ever off, by the list of an extent and normal name';

create table overlaps_looked (
  one boolean primary key default true check (one),
  position bigint not null
);
insert into overlaps_looked (position) values (0);
comment on table overlaps_looked is 'Up to where the log was looked through for outages whose neighbours are to look again';

insert into operator_sees (table_name) values ('ever_off'), ('ever_off_place'), ('overlaps_looked');

-- migrate: rollback

delete from operator_sees where table_name in ('ever_off', 'ever_off_place', 'overlaps_looked');
drop table overlaps_looked, ever_off_place, ever_off;
