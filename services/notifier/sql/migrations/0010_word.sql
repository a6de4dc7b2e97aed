-- Which word told a member last: a text that this word will overtake waits until the customer's conversation has taken it.
-- depends: 0009_ref_index

-- migrate: apply

alter table audience_member add column word_id uuid;
comment on column audience_member.word_id is
  'Event id of the newest word to this customer about this outage; null: told by a version that did not keep it';

-- migrate: rollback

alter table audience_member drop column word_id;
