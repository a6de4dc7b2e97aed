-- How fast texts go, shared by all senders: tokens and what was learned of the provider's pace.
-- depends: 0021_second_look

-- migrate: apply

create table pace (
  provider text not null,
  sender text not null,
  version bigint not null,
  ceiling double precision not null,
  rate double precision not null,
  tokens double precision not null,
  shares json not null,
  as_of timestamptz not null,
  rests_until timestamptz,
  slowed_at timestamptz,
  primary key (provider, sender)
);
comment on table pace is
  'Tokens of each sender of a provider, taken in blocks by all processes and lanes (domain/provider/pace.py); real times, texts per second';
comment on column pace.version is 'Changed by whoever still finds the version that they read: nobody holds a lock on it';

create table number_pace (
  provider text not null,
  number_ref text not null,
  refused int not null,
  waits_until timestamptz not null,
  refused_at timestamptz not null,
  primary key (provider, number_ref)
);
comment on table number_pace is
  'Numbers (blind indexes) that the provider refuses texts to for their pace; gone once texts are taken again, or after an hour';

insert into operator_sees (table_name) values ('pace') on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name = 'pace';
drop table number_pace, pace;
