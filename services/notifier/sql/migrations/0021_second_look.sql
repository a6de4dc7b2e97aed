-- What was freed because the provider's list lacked it is looked up once more: a provider may handle a request late.
-- depends: 0020_known_at

-- migrate: apply

alter table attempt add column look_again_at timestamptz;
comment on column attempt.look_again_at is
  'Real time at which the provider is asked a last time; null where it said itself that nothing was created, or once it was asked';
create index attempt_look_again on attempt (look_again_at) where look_again_at is not null;

-- migrate: rollback

drop index attempt_look_again;
alter table attempt drop column look_again_at;
