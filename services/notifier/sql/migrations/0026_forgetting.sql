-- What texts said and where customers lived is forgotten after a while; who must be asked whether a number is still theirs.
-- depends: 0025_carrier

-- migrate: apply

insert into forgettable (rule, type, field, instead) values
  ('texts', 'message.requested.v1', 'body', '"[forgotten]"'),
  ('texts', 'message.requested.v2', 'body', '"[forgotten]"'),
  ('profiles', 'customer.upserted.v1', 'name', '"[forgotten]"'),
  ('profiles', 'customer.upserted.v1', 'address', 'null'),
  ('profiles', 'customer.upserted.v2', 'name', '"[forgotten]"'),
  ('profiles', 'customer.upserted.v2', 'names', '{}'),
  ('profiles', 'customer.upserted.v2', 'address', 'null'),
  ('profiles', 'customer.upserted.v2', 'position', 'null'),
  ('profiles', 'customer.upserted.v2', 'device', 'null');

alter table notification add column forgotten_at timestamptz;
comment on column notification.forgotten_at is 'When its wording was taken out, here and in the log (forgotten)';
create index notification_unforgotten on notification (requested_at) where forgotten_at is null;

create table old_number (
  customer_id text not null,
  contact_id text not null,
  since timestamptz not null,
  primary key (customer_id, contact_id)
);
comment on table old_number is
  'Contacts whose number nobody has confirmed for longer than OUTAGE_NUMBER_DAYS, since when; kept by the notifier';
insert into operator_sees (table_name) values ('old_number');

-- Not in standing_cause, which is written again as a whole whenever it gets something else; it has all rows of this one.
create or replace view set_aside_cause as
select
  md5('set-aside|' || q.quarantine_id::text) as cause_id,
  'set-aside' as kind,
  q.reason as reason,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100)
    else left(coalesce(q.stream_id, q.reason), 120) end as about,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100) end as mrid,
  case when q.stream_id ~ '^customer/[A-Za-z0-9][A-Za-z0-9._:-]*$' then substr(q.stream_id, 10) end as customer_id,
  q.quarantine_id::text as ref,
  case when q.stream_id is null then 5 else 3 end::bigint as urgency,
  q.at as since,
  null::timestamptz as useful_until
from quarantine q
where q.state = 'open' and (q.stream_id is null or not starts_with(q.stream_id, 'task/'))
union all
select
  md5(concat_ws('|', 'number-old', o.customer_id, o.contact_id, extract(epoch from o.since)::text)),
  'number-old',
  'number-not-confirmed-for-long',
  'numbers',
  null,
  o.customer_id,
  o.contact_id,
  6::bigint,
  o.since,
  null
from old_number o;

-- migrate: rollback

create or replace view set_aside_cause as
select
  md5('set-aside|' || q.quarantine_id::text) as cause_id,
  'set-aside' as kind,
  q.reason as reason,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100)
    else left(coalesce(q.stream_id, q.reason), 120) end as about,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100) end as mrid,
  case when q.stream_id ~ '^customer/[A-Za-z0-9][A-Za-z0-9._:-]*$' then substr(q.stream_id, 10) end as customer_id,
  q.quarantine_id::text as ref,
  case when q.stream_id is null then 5 else 3 end::bigint as urgency,
  q.at as since,
  null::timestamptz as useful_until
from quarantine q
where q.state = 'open' and (q.stream_id is null or not starts_with(q.stream_id, 'task/'));
delete from operator_sees where table_name = 'old_number';
drop table old_number;
drop index notification_unforgotten;
alter table notification drop column forgotten_at;
delete from forgettable;
