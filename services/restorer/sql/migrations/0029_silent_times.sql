-- What the watch over silence found is kept, for the figures of a month: who heard nothing, since and until when, and how that was to be taken.
-- depends: 0028_lost_statements

-- migrate: apply

create table silent_time (
  customer_id text not null,
  since timestamptz not null,
  state text not null check (state in ('held', 'forgotten')),
  reason text not null,
  mrid text not null,
  until timestamptz,
  primary key (customer_id, since, state)
);
create index silent_time_since on silent_time (since);
create index silent_time_open on silent_time (customer_id) where until is null;
comment on table silent_time is
  'Customers without power who heard nothing for longer than the policy allows, and had a word to hear: from the last word or from when power went off until the next was seen; until null: they have heard none yet';

insert into silent_time (customer_id, since, state, reason, mrid)
select customer_id, since, state, reason, mrids[1] from silence where sure and state in ('held', 'forgotten') and cardinality(mrids) > 0;

insert into operator_sees (table_name) values ('silent_time');

-- migrate: rollback

delete from operator_sees where table_name = 'silent_time';
drop table silent_time;
