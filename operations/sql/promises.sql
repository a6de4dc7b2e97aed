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

-- name: broken
-- Promises of one service that stand broken: those of these ids ($1), or, where $2 is given, of this outage and not explained yet.
select promise_id, mrid, rule_id, due_at, state, to_jsonb(promise) ->> 'why' as why from promise
where case when $2::text is null then promise_id = any($1::text[])
  else mrid = $2 and state = 'broken' and customer_id is null and to_jsonb(promise) ->> 'why' is null end
order by due_at, promise_id;

-- name: alarmed
-- Of promises ($1) that people are asked about: by when, which warning it is, when somebody was warned before, who had the task, who waits.
select promise_id, rule_id, mrid, due_at, kind, reason, number, warnings, since, warned_at, had_by, rank
from promise_alarm where promise_id = any($1::text[]);

-- name: promise_rates
-- How each rule fared: what was promised, how it stands, and which share of the verdicts was kept.
select rule_id, count(*) as made, count(*) filter (where state in ('made', 'atRisk')) as open,
  count(*) filter (where state = 'kept') as kept, count(*) filter (where state = 'broken') as broken,
  count(*) filter (where state = 'voided') as voided, count(*) filter (where corrected_from is not null) as corrected
from promise
where state = any($1::text[]) and ($2::text is null or rule_id = $2) and ($3::text is null or mrid = $3)
group by rule_id order by rule_id;
