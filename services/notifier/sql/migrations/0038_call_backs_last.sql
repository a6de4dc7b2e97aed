-- Asking after a repair whether all is well waits for whatever else people have to do: also where it is asked of a hospital.
-- depends: 0037_older_pods_gone

-- migrate: apply

do $$
begin
  execute 'create or replace view standing_cause as '
    || 'select v.cause_id, v.kind, v.reason, v.about, v.mrid, v.customer_id, v.ref, '
    || 'case when v.kind = ''call-back'' then 5::bigint else v.urgency end as urgency, v.since, v.useful_until from ('
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ') || ') v';
end
$$;

-- migrate: rollback

do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '^.*?FROM \((.*)\) v$', '\1');
end
$$;
