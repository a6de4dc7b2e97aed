-- A text about planned work knows when it first changes something; code of a version before writes none, and its texts go as they did.
-- depends: 0017_registry_import

-- migrate: apply

alter table notification add column changes_at timestamptz;
comment on column notification.changes_at is
  'Of planned work: when what the text says first changes something for its reader; null of all others';
create index notification_of_plan on notification (not_before) where state = 'ready' and changes_at is not null;

-- migrate: rollback

drop index notification_of_plan;
alter table notification drop column changes_at;
