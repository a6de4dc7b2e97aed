-- What was said to customers, text by text, as outage.messages has it: for whom, about what, how far it came; never what it said.
-- depends: 0008_held_words

-- migrate: apply

create table customer_word (
  message_id text primary key,
  customer_id text not null,
  mrids text[] not null,
  trigger text,
  requested_at timestamptz,
  not_before timestamptz,
  due_at timestamptz,
  accepted_at timestamptz,
  delivered_at timestamptz,
  ended_at timestamptz,
  ended_for text
);
create index customer_word_of on customer_word (customer_id);
comment on table customer_word is
  'Texts to customers: asked for (null: not known yet), taken by a provider, arrived; ended: why it failed or was not sent';

create table customer_confirmed (
  customer_id text primary key,
  at timestamptz not null,
  how text not null
);
comment on table customer_confirmed is 'When somebody there last confirmed that they know, and how: receipt, reply, call, portal';

insert into operator_sees (table_name) values ('customer_word'), ('customer_confirmed');

-- migrate: rollback

delete from operator_sees where table_name in ('customer_word', 'customer_confirmed');
drop table customer_confirmed;
drop table customer_word;
