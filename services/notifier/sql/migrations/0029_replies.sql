-- What customers answer, whom nothing may be sent to, and what a person must read.
-- depends: 0028_scheduled

-- migrate: apply

create table reply (
  reply_id text primary key,
  handset text not null,
  provider text not null,
  body text not null,
  meaning text not null,
  reason text not null,
  code text,
  customers text[] not null,
  received_at timestamptz not null
);
create index reply_received on reply (received_at);
create index reply_customers on reply using gin (customers);
comment on table reply is 'Texts that came in, numbers taken out; handset: blind index of the number they came from';

create table reply_to_read (
  reply_id text not null,
  customer_id text not null,
  mrid text,
  reason text not null,
  since timestamptz not null,
  useful_until timestamptz not null,
  primary key (reply_id, customer_id)
);
create index reply_to_read_since on reply_to_read (since);
create index reply_to_read_customer on reply_to_read (customer_id);
comment on table reply_to_read is
  'Texts that no program can answer, by the customer they came from (empty: nobody knows), and how long it is of use to read them';

create table opted_out (
  blind_index text primary key,
  since timestamptz not null,
  reply_id text not null
);
comment on table opted_out is 'Numbers whose owner answered STOP, by blind index: nothing is sent there, whoever''s contact it is';

create view standing_reply as
select
  md5(concat_ws('|', 'reply-to-read', r.reply_id, r.customer_id)) as cause_id,
  'reply-to-read' as kind,
  r.reason,
  left(coalesce(r.mrid, 'no-outage'), 100) as about,
  left(r.mrid, 100) as mrid,
  nullif(r.customer_id, '') as customer_id,
  r.reply_id as ref,
  case
    when c.profile ->> 'lifeSupport' = 'true' then 1
    when c.profile ->> 'importance' = 'special' then 2
    when c.profile ->> 'importance' = 'first' then 3
    when c.profile ->> 'importance' = 'second' then 4
    else 5
  end::bigint as urgency,
  r.since,
  r.useful_until
from reply_to_read r left join customer c using (customer_id);
comment on view standing_reply is 'The part of standing_cause that texts which came in give';

-- Beside whatever else this version's view has by now.
do $$
begin
  execute 'create or replace view standing_cause as ' || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from standing_reply';
end
$$;

insert into forgettable (rule, type, field, instead) values
  ('words', 'reply.received.v1', 'body', '"[forgotten]"'),
  ('words', 'callback.answered.v1', 'opinion', 'null'),
  ('words', 'customer.called-back.v1', 'opinion', 'null');

insert into operator_sees (table_name)
select unnest(array['reply', 'reply_to_read', 'opted_out', 'standing_reply']) on conflict do nothing;

-- migrate: rollback

delete from forgettable where rule = 'words';
delete from operator_sees where table_name in ('reply', 'reply_to_read', 'opted_out', 'standing_reply');
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(pg_get_viewdef('standing_cause'::regclass), '(.*)UNION ALL.*$', '\1');
end
$$;
drop view standing_reply;
drop table reply_to_read;
drop table reply;
drop table opted_out;
