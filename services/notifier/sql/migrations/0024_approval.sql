-- A send to more people than the policy says waits for a person: which sends those are, and what was said of each.
-- depends: 0023_reconciliation

-- migrate: apply

create table large_send (
  mrid text primary key,
  send_id text not null,
  version bigint not null,
  people bigint not null,
  state text not null check (state in ('waiting', 'approved', 'refused')),
  asked_at timestamptz not null,
  approved_for bigint,
  decided_at timestamptz,
  decided_by text,
  reason text
);
create index large_send_by_id on large_send (send_id);
comment on table large_send is
  'Outages that concern more people than may be told without approval. Texts of one that is not approved are held: retry_after is infinity';
comment on column large_send.approved_for is 'How many people it concerned when it was approved: twice as many are asked about again';

-- Code of a version before claims nothing whose time has not come, so it keeps held texts back as well.
create index notification_held on notification (message_id) where state = 'ready' and retry_after = 'infinity';

create view standing_approval as
select
  md5(concat_ws('|', 'approval', s.mrid, extract(epoch from s.asked_at)::text)) as cause_id,
  'approval' as kind,
  'more-people-than-may-be-told-unasked' as reason,
  left(s.mrid, 100) as about,
  left(s.mrid, 100) as mrid,
  null::text as customer_id,
  s.send_id as ref,
  2::bigint as urgency,
  s.asked_at as since,
  null::timestamptz as useful_until
from large_send s
where s.state = 'waiting' and exists (
  select from notification n where n.state = 'ready' and n.retry_after = 'infinity' and s.mrid = any(n.mrids)
);
comment on view standing_approval is 'The part of standing_cause that large sends give, for as long as texts of them wait';

do $$
begin
  execute 'create or replace view standing_cause as ' || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from standing_approval';
end
$$;

insert into operator_sees (table_name) values ('large_send'), ('standing_approval') on conflict do nothing;

-- migrate: rollback

delete from operator_sees where table_name in ('large_send', 'standing_approval');
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(pg_get_viewdef('standing_cause'::regclass), '(.*)UNION ALL.*$', '\1');
end
$$;
drop view standing_approval;
drop index notification_held;
update notification set retry_after = null where state = 'ready' and retry_after = 'infinity';
drop table large_send;
