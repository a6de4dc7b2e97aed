-- A text may ask for an answer where the provider that carries it brings answers to us.
-- depends: 0038_call_backs_last

-- migrate: apply

alter table notification add column invites text, add column answered_by text;
comment on column notification.invites is 'What asks its reader to answer; it ends the text where the provider brings answers to us. None: no answer is owed';
comment on column notification.answered_by is 'The provider that was chosen, if it brings answers to us. A version before leaves it as it is, and asks for none';

-- migrate: rollback

alter table notification drop column answered_by, drop column invites;
