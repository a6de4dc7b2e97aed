-- Which provider is to carry a text, chosen before it is claimed; and why none may, where none may.
-- depends: 0024_approval

-- migrate: apply

alter table notification add column carrier text, add column routed_at timestamptz, add column barred text;
comment on column notification.carrier is
  'The provider that is to send it (domain/provider/routing.py); null until chosen, and again once an attempt is known to have created nothing';
comment on column notification.routed_at is 'Real time at which carrier was chosen';
comment on column notification.barred is
  'Why nobody may carry it, by the rules of its country; its conversation is told, and tells the next contact';
create index notification_unrouted on notification (lane_rank, not_before, message_id)
  where state = 'ready' and carrier is null and barred is null;
create index notification_barred on notification (message_id) where state = 'ready' and barred is not null;

create table sms_provider (
  name text primary key,
  started_at timestamptz not null
);
comment on table sms_provider is 'Providers of texts that a notifier was started with, and when last (real time)';

insert into operator_sees (table_name) values ('sms_provider') on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name = 'sms_provider';
drop table sms_provider;
drop index notification_unrouted, notification_barred;
alter table notification drop column carrier, drop column routed_at, drop column barred;
