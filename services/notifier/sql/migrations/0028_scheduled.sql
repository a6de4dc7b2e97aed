-- Notices of later work wait with the provider until their time: created, reconciled, then let go.
-- depends: 0027_for_account_managers

-- migrate: apply

alter table attempt add column send_at timestamptz;
comment on column attempt.send_at is
  'Real time at which its message goes, where it waits with the provider (outcome: prepared) or was meant to; null: at once';
create index attempt_prepared on attempt (send_at) where outcome = 'prepared';

-- migrate: rollback

drop index attempt_prepared;
alter table attempt drop column send_at;
