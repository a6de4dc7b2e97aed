-- name: promises
-- Promises of one service by state, those due first at the top. $1 states, $2 rule or null, $3 outage or null, $4 how many.
-- What a read model of the version before does not have yet (outagectl rebuild promise) is null.
select promise_id, stream_id, mrid, customer_id, rule_id, policy_id, policy_version, calendar_version, obligation, measured_from,
  at_risk_at, due_at, state, warned_at, verdict_at, reason, evidence::text as evidence, unproven, corrected_from,
  (to_jsonb(promise) ->> 'warned')::int as warned, (to_jsonb(promise) ->> 'warnings')::int as warnings,
  to_jsonb(promise) ->> 'why' as why, to_jsonb(promise) ->> 'why_by' as why_by,
  (to_jsonb(promise) ->> 'why_at')::timestamptz as why_at
from promise
where state = any($1::text[]) and ($2::text is null or rule_id = $2) and ($3::text is null or mrid = $3)
order by due_at, promise_id limit $4;

-- name: promise_rates
-- How each rule fared: what was promised, how it stands, and which share of the verdicts was kept.
select rule_id, count(*) as made, count(*) filter (where state in ('made', 'atRisk')) as open,
  count(*) filter (where state = 'kept') as kept, count(*) filter (where state = 'broken') as broken,
  count(*) filter (where state = 'voided') as voided, count(*) filter (where corrected_from is not null) as corrected
from promise
where state = any($1::text[]) and ($2::text is null or rule_id = $2) and ($3::text is null or mrid = $3)
group by rule_id order by rule_id;
