-- name: put_terms
-- The rules of a policy ($1 version, $2 id) as they read now ($3: JSON), for months and cases that go by them.
insert into policy_terms (policy_version, policy_id, rules) values ($1, $2, $3::jsonb) on conflict do nothing;

-- name: all_terms
-- Every policy under which anything was counted.
select policy_version, policy_id, rules::text as rules from policy_terms order by policy_version collate "C";

-- name: terms
-- One of them.
select policy_version, policy_id, rules::text as rules from policy_terms where policy_version = $1;

-- name: named
-- Of months ($1) those that name policies, with their versions, the last that came into force last.
select substr(l.stream_id, 7) as month,
  array(select one ->> 'policyVersion' from jsonb_array_elements(l.view #> '{opened,policies}') with ordinality as w(one, n) order by n) as versions
from live l where l.stream_id = any(select 'month/' || w from unnest($1::text[]) as w) and l.view #> '{opened,policies}' is not null;

-- name: unbound_calls
-- Months, by a zone ($1), of calls back of which it is not said by which rule: of an outage ($2), or of all.
select distinct to_char(due_from at time zone $1, 'YYYY-MM') as month from followup
where rule is null and ($2::text is null or mrid = $2);

-- name: bind_calls
-- Calls back that fell due from $1 until before $2 go by this rule ($3, JSON; null in it: by none): of an outage ($4), or of all.
update followup f set rule = $3::jsonb, fresh = true
from (
  select mrid, report_id from followup
  where rule is null and due_from >= $1 and due_from < $2 and ($4::text is null or mrid = $4)
  order by mrid, report_id for update skip locked
) w
where f.mrid = w.mrid and f.report_id = w.report_id;

-- name: unbound_hours
-- The same of hours of the telephone: of a hotline ($2), or of all.
select distinct to_char(hour at time zone $1, 'YYYY-MM') as month from hotline_hour
where rules is null and ($2::text is null or hotline = $2);

-- name: bind_hours
-- Hours that began from $1 until before $2 go by these rules ($3, a JSON array): of a hotline ($4), or of all.
update hotline_hour h set rules = $3::jsonb, fresh = true
from (
  select hotline, hour from hotline_hour
  where rules is null and hour >= $1 and hour < $2 and ($4::text is null or hotline = $4)
  order by hotline, hour for update skip locked
) w
where h.hotline = w.hotline and h.hour = w.hour;
