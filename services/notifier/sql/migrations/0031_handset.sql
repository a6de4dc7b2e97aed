-- One text for what is alike on one telephone: which texts those are, which went with which, and how many a telephone had.
-- depends: 0030_urgent

-- migrate: apply

alter table notification add column frame json;
alter table notification add column alike text;
alter table notification add column keeps_last boolean not null default false;
alter table notification add column carried_by text;
alter table notification add column carried_n int;
comment on column notification.frame is 'What it says without its site and code, where it may be merged with texts to other sites';
comment on column notification.alike is 'Digest of frame: texts that have the same say the same';
comment on column notification.carried_by is 'The text (and its attempt carried_n) that speaks for this one, too';

-- Code of a version before knows no such state and leaves it alone: what becomes of it, the next pod of this version says.
alter table notification drop constraint notification_state_check;
alter table notification add constraint notification_state_check check (
  state in (
    'ready', 'sending', 'unknown', 'carried',
    'accepted', 'sent', 'delivered', 'undelivered', 'refused', 'expired', 'suppressed'
  )
) not valid;

create index notification_alike on notification (contact_id, alike) where state = 'ready' and alike is not null;
create index notification_carried on notification (carried_by) where carried_by is not null;
create index notification_following on notification (message_id)
  where carried_by is not null and state in ('carried', 'accepted', 'sent');

alter table attempt add column body text;
alter table attempt add column claimed_at timestamptz;
comment on column attempt.body is 'What it posts, where that speaks for several texts; null: the body of its text';
comment on column attempt.claimed_at is 'Domain time of the claim: so many texts of an hour a telephone has room for';
create index attempt_of_handset on attempt (number_ref, claimed_at) where claimed_at is not null;

-- What texts said is forgotten after a while, wherever it stands.
insert into forgettable (rule, type, field, instead) values
  ('texts', 'text.meant.v1', 'frame', 'null'),
  ('texts', 'message.accepted.v1', 'body', 'null');

-- migrate: rollback

delete from forgettable where type in ('text.meant.v1', 'message.accepted.v1');

drop index attempt_of_handset;
alter table attempt drop column claimed_at;
alter table attempt drop column body;
drop index notification_following;
drop index notification_carried;
drop index notification_alike;
update notification set state = 'ready' where state = 'carried';
alter table notification drop constraint notification_state_check;
alter table notification add constraint notification_state_check check (
  state in (
    'ready', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'undelivered', 'refused', 'expired', 'suppressed'
  )
);
alter table notification drop column carried_n;
alter table notification drop column carried_by;
alter table notification drop column keeps_last;
alter table notification drop column alike;
alter table notification drop column frame;
