-- What about a customer waits for a person.
-- depends: 0006_place_form

-- migrate: apply

create table alarm (
  customer_id text not null,
  kind text not null check (kind in ('end-unproven', 'claim-unproven', 'nobody-reached')),
  since timestamptz not null,
  mrids text[] not null,
  primary key (customer_id, kind)
);
comment on table alarm is
  'Alarms that stand about customers: power back that cannot be proven, a claim nobody confirms, nobody reached by any text';

-- migrate: rollback

drop table alarm;
