-- A promise near its deadline, and one that was broken without anybody having said why, is work for people.
-- depends: 0018_explained_cases

-- migrate: apply

do $$
begin
  execute 'create or replace view standing_cause as '
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from promise_cause';
end
$$;

-- migrate: rollback

do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '\s+UNION ALL\s+SELECT (?:(?!UNION ALL).)*FROM promise_cause\s*$', '');
end
$$;
