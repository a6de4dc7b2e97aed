-- What parts of open outages gave power back to, so that a reading there finds its outage.
-- depends: 0004_off_shape

-- migrate: apply

create table back_place (
  words text not null,
  form text not null,
  mrid text not null references off_outage on delete cascade,
  primary key (words, form, mrid)
);
create index back_place_of on back_place (mrid);
comment on table back_place is
  'Places of outages that are off in part at which power is back, by the list of an extent and the normal name';

insert into operator_sees (table_name) values ('back_place'), ('meter_news');

-- migrate: rollback

delete from operator_sees where table_name in ('back_place', 'meter_news');
drop table back_place;
