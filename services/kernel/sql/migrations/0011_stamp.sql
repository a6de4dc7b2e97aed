-- When the broker took the record right below a fence: the same record in a topic made anew was taken at another time.
-- depends: 0010_safe_functions

-- migrate: apply

alter table consumer_offset add column last_stamp timestamptz, add column stamped_next bigint;
comment on column consumer_offset.last_stamp is
  'When the broker took the record below next_offset, by its own clock; null where only the sender says';
comment on column consumer_offset.stamped_next is
  'The next_offset that last_stamp was put with: a version before moves the one and not the other';

-- migrate: rollback

alter table consumer_offset drop column stamped_next, drop column last_stamp;
