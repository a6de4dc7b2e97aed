-- Complaints as matters of their own: up to where the log was looked through for them; and what customers said is forgotten.
-- depends: 0013_months

-- migrate: apply

create table complaint_reading (
  one boolean primary key default true check (one),
  position bigint not null
);
comment on table complaint_reading is 'Up to which position of the log words on complaints were brought to where they belong';

create table complaint_outage (
  mrid text not null,
  complaint_id text not null,
  primary key (mrid, complaint_id)
);
comment on table complaint_outage is 'Which complaints are about which outages';

insert into operator_sees (table_name) values ('complaint_reading'), ('complaint_outage');

insert into forgettable (rule, type, field, instead) values ('words', 'complaint.received.v2', 'subject', 'null');

-- migrate: rollback

delete from forgettable where type = 'complaint.received.v2';
delete from operator_sees where table_name in ('complaint_reading', 'complaint_outage');
drop table complaint_outage;
drop table complaint_reading;
