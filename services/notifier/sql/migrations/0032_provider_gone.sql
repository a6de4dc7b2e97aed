-- Attempts of a provider that was taken away come to an end, and are a person's; texts of one that gives no receipts count as told.
-- depends: 0031_handset

-- migrate: apply

alter table attempt add column given_up_at timestamptz;
comment on column attempt.given_up_at is
  'Domain time since which nobody waits for its verdict: its provider is not set up any more. It is asked once more if it comes back';
create index attempt_given_up on attempt (given_up_at) where given_up_at is not null and outcome = 'unknown';

alter table notification add column taken_at timestamptz;
comment on column notification.taken_at is 'When a provider took it that gives no receipts: all that will ever be known of it';

create view standing_given_up as
select
  md5(concat_ws('|', 'provider-gone', n.message_id, a.n)) as cause_id,
  'provider-gone' as kind,
  'provider-gone' as reason,
  left(a.provider, 100) as about,
  null::text as mrid,
  n.customer_id,
  n.ref,
  case
    when c.profile ->> 'lifeSupport' = 'true' then 1
    when c.profile ->> 'importance' = 'special' then 2
    when c.profile ->> 'importance' = 'first' then 3
    when c.profile ->> 'importance' = 'second' then 4
    else 5
  end::bigint as urgency,
  a.given_up_at as since,
  a.given_up_at + interval '72 hours' as useful_until
from attempt a
join lateral (
  select m.message_id, m.customer_id, m.ref from notification m where m.message_id = a.message_id
  union all
  select m.message_id, m.customer_id, m.ref from notification m where m.carried_by = a.message_id and m.carried_n = a.n
) n on true
left join customer c on c.customer_id = n.customer_id
where a.given_up_at is not null and a.outcome = 'unknown';
comment on view standing_given_up is 'The part of standing_cause that providers which were taken away give';

-- Beside whatever else this version's view has by now.
do $$
begin
  execute 'create or replace view standing_cause as ' || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from standing_given_up';
end
$$;

insert into operator_sees (table_name) values ('standing_given_up') on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name = 'standing_given_up';
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(pg_get_viewdef('standing_cause'::regclass), '(.*)UNION ALL.*$', '\1');
end
$$;
drop view standing_given_up;
alter table notification drop column taken_at;
drop index attempt_given_up;
alter table attempt drop column given_up_at;
