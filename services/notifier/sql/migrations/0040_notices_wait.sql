-- Whom no text can tell of work days ahead is called after all who sit in the dark, whatever their rank.
-- depends: 0039_answers

-- migrate: apply

alter table customer_cause add column later boolean not null default false;
comment on column customer_cause.later is 'It is about announced work that was a day away or more when that was seen';

do $$
begin
  execute 'create or replace view standing_cause as '
    || 'select u.cause_id, u.kind, u.reason, u.about, u.mrid, u.customer_id, u.ref, '
    || 'case when exists (select 1 from customer_cause k where k.later and k.customer_id = u.customer_id and k.kind = u.kind '
    || 'and left(k.about, 100) = u.mrid) then greatest(u.urgency, 5::bigint) else u.urgency end as urgency, u.since, u.useful_until from ('
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ') || ') u';
end
$$;

-- migrate: rollback

do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '^.*?FROM \((.*)\) u$', '\1');
end
$$;
alter table customer_cause drop column later;
