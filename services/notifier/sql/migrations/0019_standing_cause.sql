-- What stands that a person is needed for: alarms, texts that nobody got, customers untold, a provider that refuses.
-- depends: 0018_quiet_hours

-- migrate: apply

create table customer_cause (
  customer_id text not null,
  kind text not null,
  about text not null,
  ref text,
  reason text not null,
  since timestamptz not null,
  useful_until timestamptz,
  primary key (customer_id, kind, about)
);
comment on table customer_cause is
  'Why a person is needed for a customer beside the alarms: about which outage, which text (ref), and how long that is of use';

create view standing_cause as
select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from set_aside_cause
union all
select
  md5(concat_ws('|', w.kind, w.customer_id, w.about, w.ref, extract(epoch from w.since)::text)),
  w.kind,
  w.reason,
  coalesce(w.mrid, w.kind),
  w.mrid,
  w.customer_id,
  w.ref,
  case
    when w.kind = 'text-doubled' then 6
    when c.profile ->> 'lifeSupport' = 'true' then 1
    when c.profile ->> 'importance' = 'special' then 2
    when c.profile ->> 'importance' = 'first' then 3
    when c.profile ->> 'importance' = 'second' then 4
    else 5
  end::bigint,
  w.since,
  w.useful_until
from (
  select a.customer_id, a.kind, left(a.mrids[1], 100) as mrid, array_to_string(a.mrids, ' ') as about, null::text as ref, a.since,
    case a.kind
      when 'end-unproven' then 'power-back-cannot-be-proven'
      when 'claim-unproven' then 'power-said-to-be-back-and-not-confirmed'
      else 'all-contacts-failed'
    end as reason,
    null::timestamptz as useful_until
  from alarm a
  union all
  select k.customer_id, k.kind, left(k.about, 100), k.about, k.ref, k.since, k.reason, k.useful_until from customer_cause k
) w
left join customer c using (customer_id)
union all
select
  md5(concat_ws('|', 'customers-untold', l.stream_id, one ->> 'questionId')),
  'customers-untold',
  one ->> 'reason',
  left(substr(l.stream_id, 8), 100),
  left(substr(l.stream_id, 8), 100),
  null,
  one ->> 'questionId',
  2::bigint,
  (
    select min(e.decided_at) from event e
    where e.stream_id = l.stream_id and e.type = 'fact.held.v1' and e.data ->> 'questionId' = one ->> 'questionId'
  ),
  null
from live l cross join lateral jsonb_array_elements(l.view -> 'questions') as one
where l.view -> 'questions' <> '[]'::jsonb and (one ->> 'untold')::int > 0
union all
-- It probes by itself: a person is needed where that did not help soon. A sender's subject may be a number: it is not named.
select
  md5(concat_ws('|', 'provider-stopped', i.provider, i.scope, i.subject, extract(epoch from i.since)::text)),
  'provider-stopped',
  i.reason,
  left(i.provider || ' ' || i.scope, 100),
  null,
  null,
  i.scope,
  case when i.scope in ('account', 'sender') then 2 else 4 end::bigint,
  i.since + interval '2 minutes',
  null
from circuit i
where i.is_open;
comment on view standing_cause is 'What stands that a person is needed for, by the tables as they are, whichever version wrote them; a task has each';

insert into operator_sees (table_name) values ('customer_cause') on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name = 'customer_cause';
drop view standing_cause;
drop table customer_cause;
