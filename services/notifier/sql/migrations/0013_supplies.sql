-- A customer's supplies, as far as they decide whom an area touches.
-- depends: 0012_withdrawn_and_refused

-- migrate: apply

create table customer_supply (
  customer_id text not null references customer on delete cascade,
  supply_id text not null,
  kinds text[] not null,
  primary key (customer_id, supply_id)
);
comment on table customer_supply is
  'Supplies of customers who have several, of which an area may say how they stand, each with the kinds of element by which it is known';

insert into operator_sees (table_name) values ('customer_supply');

alter table fanout_job add column named text[];
comment on column fanout_job.named is
  'Kinds of element of which the outage names any; null: put by a version that did not ask';

-- Whether an area says anything of a customer, in an outage that names elements of these kinds (domain/supplies.py).
create function counts_by_area(who text, named text[]) returns boolean language sql stable as $$
  select case when exists (select from customer_supply s where s.customer_id = who)
    then exists (select from customer_supply s where s.customer_id = who and not s.kinds && named)
    else not exists (select from customer_match m where m.customer_id = who and m.kind = any(named))
  end
$$;

-- Of several supplies each is judged apart, in the conversation: that one has power again says nothing of another.
create or replace function back_nearer(mrid text, customer_id text, kind text) returns boolean
language sql stable
return not exists (select from customer_supply s where s.customer_id = $2) and exists (
  select from customer_match s join outage_match b on b.kind = s.kind and b.value = s.value
  where b.mrid = $1 and b.back and s.customer_id = $2
    and array_position(array['area', 'line', 'transformer', 'usagePoint'], s.kind)
      > array_position(array['area', 'line', 'transformer', 'usagePoint'], $3)
);

-- migrate: rollback

create or replace function back_nearer(mrid text, customer_id text, kind text) returns boolean
language sql stable
return exists (
  select from customer_match s join outage_match b on b.kind = s.kind and b.value = s.value
  where b.mrid = $1 and b.back and s.customer_id = $2
    and array_position(array['area', 'line', 'transformer', 'usagePoint'], s.kind)
      > array_position(array['area', 'line', 'transformer', 'usagePoint'], $3)
);
drop function counts_by_area(text, text[]);
alter table fanout_job drop column named;
delete from operator_sees where table_name = 'customer_supply';
drop table customer_supply;
