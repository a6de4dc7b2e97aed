-- With which tokens of the shared pace each attempt went: what whoever proves a text is shown.
-- depends: 0033_set_aside_once

-- migrate: apply

alter table attempt add column tokens_at timestamptz;
alter table attempt add column tokens bigint;
alter table attempt add column pace double precision;
comment on column attempt.tokens_at is 'When its lane took the block of tokens that it went with (real time); null: a version before claimed it';
comment on column attempt.tokens is 'How many posts that block was for';
comment on column attempt.pace is 'How many texts a second the sender was known to be allowed then';

-- migrate: rollback

alter table attempt drop column pace;
alter table attempt drop column tokens;
alter table attempt drop column tokens_at;
