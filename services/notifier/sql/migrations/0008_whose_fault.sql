-- Whose fault a failure is: circuits of the provider's side, what attempts failed of, and the number each went to.
-- depends: 0007_alarm

-- migrate: apply

create table circuit (
  provider text not null,
  scope text not null check (scope in ('account', 'sender', 'region', 'network')),
  subject text not null,
  is_open boolean not null,
  reason text not null,
  code int,
  http_status int,
  found_by text not null check (found_by in ('answer', 'receipt')),
  since timestamptz not null,
  faulted_at timestamptz not null,
  probes int not null default 0,
  next_probe_at timestamptz not null,
  closed_at timestamptz,
  primary key (provider, scope, subject)
);
comment on table circuit is 'Faults of the provider''s side; while one is open its texts wait. since is domain time, the others are real';
comment on column circuit.faulted_at is
  'When the last attempt that showed the fault began: only one that began later can disprove it';

insert into operator_sees (table_name) values ('circuit') on conflict do nothing;

alter table attempt add column fault text, add column fault_at timestamptz, add column failed_code int,
  add column number_ref text;
comment on column attempt.number_ref is
  'Blind index of the number it was posted to; null in rows of an older version, which are looked up by the present number';
comment on column attempt.fault is
  'What was at fault (provider_codes.Scope); reported: a receipt said failed, with failed_code, and nobody has judged it';
create index attempt_doubtful on attempt (fault_at) where fault = 'doubtful';
create index attempt_reported on attempt (message_id) where fault = 'reported';

alter table contact_vault add column country text;
comment on column contact_vault.country is
  'ISO 3166 code of the number, or its calling code; null until the number is next opened. A provider may bar a country';

-- migrate: rollback

alter table contact_vault drop column country;
drop index attempt_doubtful, attempt_reported;
alter table attempt drop column fault, drop column fault_at, drop column failed_code, drop column number_ref;
delete from operator_sees where table_name = 'circuit';
drop table circuit;
