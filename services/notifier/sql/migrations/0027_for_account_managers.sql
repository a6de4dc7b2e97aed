-- What an account manager only has to know of stands last among what people have to do.
-- depends: 0026_forgetting

-- migrate: apply

do $$
begin
  execute 'create or replace view standing_cause as '
    || 'select w.cause_id, w.kind, w.reason, w.about, w.mrid, w.customer_id, w.ref, '
    || 'case when w.kind = ''account-manager-informed'' then 6::bigint else w.urgency end as urgency, w.since, w.useful_until from ('
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ') || ') w';
end
$$;

-- migrate: rollback

do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '^.*?FROM \((.*)\) w$', '\1');
end
$$;
delete from customer_cause where kind in ('account-manager-informed', 'account-manager-warned', 'account-manager-calls', 'unconfirmed', 'word-late');
