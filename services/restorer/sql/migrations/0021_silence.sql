-- The watch over silence: whom the registry knows and where they take power, what else was said of them, and who heard nothing.
-- depends: 0020_hours_by_name

-- migrate: apply

create table watched_customer (
  customer_id text primary key,
  said_at timestamptz not null,
  rank text,
  known json,
  placed_as text
);
comment on table watched_customer is
  'Customers as the registry last said: rank and places, neither name nor number (null: erased); placed_as: by which normal form and which state of the network watched_place has them';

create table watched_place (
  customer_id text not null references watched_customer on delete cascade,
  kind text not null,
  value text not null,
  words text not null,
  form text not null,
  primary key (customer_id, kind, value, words, form)
);
create index watched_place_called on watched_place (words, form);
comment on table watched_place is
  'Where customers take power: their own places (kind, value), and by the list of an extent and normal name each place itself and what alone feeds it by the network model';

create table customer_unreached (
  customer_id text primary key,
  at timestamptz not null,
  reason text not null
);
comment on table customer_unreached is 'When it was last said of customers that no text reaches them, or that they are told nothing, and why';

create table noticed_work (
  mrid text primary key,
  version bigint not null,
  withdrawn boolean not null,
  ends timestamptz not null
);
comment on table noticed_work is 'Until when the last notice of each work says that it lasts';

create table silence (
  customer_id text primary key,
  rank text not null,
  state text not null check (state in ('nothing-to-say', 'held', 'forgotten')),
  reason text not null,
  since timestamptz not null,
  mrids text[] not null,
  seen_at timestamptz not null,
  sure boolean not null
);
comment on table silence is
  'Customers without power who heard nothing for longer than the policy allows, since when, and why, as last looked at; sure: seen so again, by all that was said until then';

create table silence_look (
  one boolean primary key default true check (one),
  looked_at timestamptz not null
);
comment on table silence_look is 'When the watch over silence last began to look at everybody, and came to the end';

create index promise_case_customer on promise_case (customer_id) where customer_id is not null and standing in ('open', 'broken');

create view silence_cause as
select
  md5(concat_ws('|', 'silence', s.state, s.customer_id, s.since)) as cause_id,
  case s.state when 'forgotten' then 'silence-forgotten' else 'silence-held' end as kind,
  s.reason as reason,
  left(s.mrids[1], 100) as about,
  left(s.mrids[1], 100) as mrid,
  s.customer_id as customer_id,
  null::text as ref,
  (case s.rank when 'life-support' then 1 when 'special' then 2 when 'first' then 3 when 'second' then 4 else 5 end
    + case when s.state = 'held' then 1 else 0 end)::bigint as urgency,
  s.seen_at as since,
  null::timestamptz as useful_until
from silence s where s.sure and s.state in ('held', 'forgotten');
comment on view silence_cause is 'Silences that a person must end, as causes of tasks; held ones one step later than forgotten ones';

do $$
begin
  execute 'create or replace view standing_cause as '
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from silence_cause';
end
$$;

insert into operator_sees (table_name) values
  ('watched_customer'), ('watched_place'), ('customer_unreached'), ('noticed_work'), ('silence'), ('silence_look'), ('silence_cause');

-- migrate: rollback

delete from operator_sees where table_name in
  ('watched_customer', 'watched_place', 'customer_unreached', 'noticed_work', 'silence', 'silence_look', 'silence_cause');
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '\s+UNION ALL\s+SELECT (?:(?!UNION ALL).)*FROM silence_cause\s*$', '');
end
$$;
drop view silence_cause;
drop index promise_case_customer;
drop table silence_look, silence, noticed_work, customer_unreached, watched_place, watched_customer;
