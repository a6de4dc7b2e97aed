-- What meters were last read to say, which of them are at fault, and which outages that is news to.
-- depends: 0002_waiting_merge

-- migrate: apply

create table meter_reading (
  form text primary key,
  usage_point text not null,
  energised boolean not null,
  own_generation boolean not null,
  read_at timestamptz not null,
  recorded_at timestamptz not null,
  cause text not null,
  looked boolean not null default false
);
create index meter_reading_new on meter_reading (form) where not looked;
comment on table meter_reading is
  'The newest reading of each usage point, by its normal name; looked: it is known which outages it is news to';

create table meter_odd (
  form text primary key,
  usage_point text not null,
  energised boolean not null,
  read_at timestamptz not null,
  recorded_at timestamptz not null,
  cause text not null,
  reason text not null
);
comment on table meter_odd is 'The last reading of each usage point that cannot be so, and why: it counts for nothing';

create table meter_fault (
  mrid text primary key,
  form text not null,
  usage_point text not null,
  found_at timestamptz not null,
  mended_at timestamptz
);
create index meter_fault_at on meter_fault (form);
comment on table meter_fault is 'Meters at fault: their readings say nothing from when that was found until they are mended';

create sequence meter_news_number;

create table meter_news (
  mrid text primary key,
  number bigint not null default nextval('meter_news_number')
);
comment on table meter_news is 'Outages that have to look at what meters say; number: no two pieces of news have the same';

create table denied_outage (
  mrid text primary key
);
comment on table denied_outage is 'Outages of which a meter or a customer denies that power is back';

insert into operator_sees (table_name) values ('meter_reading'), ('meter_odd'), ('meter_fault'), ('denied_outage');

-- migrate: rollback

delete from operator_sees where table_name in ('meter_reading', 'meter_odd', 'meter_fault', 'denied_outage');
drop table denied_outage;
drop table meter_news;
drop sequence meter_news_number;
drop table meter_fault;
drop table meter_odd;
drop table meter_reading;
