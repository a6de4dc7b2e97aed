-- name: table
-- One row for each promise.
create table {table} (
  promise_id text primary key,
  stream_id text not null,
  mrid text,
  customer_id text,
  rule_id text not null,
  policy_id text not null,
  policy_version text not null,
  calendar_version text,
  due_at timestamptz not null,
  state text not null check (state in ('made', 'atRisk', 'kept', 'broken', 'voided')),
  obligation text,
  measured_from timestamptz,
  made_at timestamptz,
  at_risk_at timestamptz,
  warned_at timestamptz,
  warned integer,
  warnings integer,
  verdict_at timestamptz,
  decided_at timestamptz,
  reason text,
  evidence jsonb,
  unproven boolean,
  corrected_from text,
  why text,
  why_by text,
  why_at timestamptz,
  position bigint not null
);

-- name: source
-- The rows of a batch, $1: one JSON array of objects, for Postgres reads that with the least work on our side.
select * from json_to_recordset($1::json) as w (
  promise_id text, stream_id text, mrid text, customer_id text, rule_id text, policy_id text, policy_version text,
  calendar_version text, due_at timestamptz, state text, obligation text, measured_from timestamptz, made_at timestamptz,
  at_risk_at timestamptz, warned_at timestamptz, warned integer, warnings integer, verdict_at timestamptz, decided_at timestamptz,
  reason text, evidence jsonb, unproven boolean, corrected_from text, why text, why_by text, why_at timestamptz, position bigint
)

-- name: put
-- Later words go over earlier ones; a warning, or the reason why it was broken, changes no verdict, and the first verdict that was overturned is kept.
on conflict (promise_id) do update set
  due_at = excluded.due_at,
  state = case when excluded.state = 'atRisk' and {table}.state <> 'made' then {table}.state else excluded.state end,
  obligation = coalesce(excluded.obligation, {table}.obligation),
  measured_from = coalesce(excluded.measured_from, {table}.measured_from),
  made_at = coalesce(excluded.made_at, {table}.made_at),
  at_risk_at = coalesce(excluded.at_risk_at, {table}.at_risk_at),
  warned_at = coalesce(excluded.warned_at, {table}.warned_at),
  warned = coalesce(excluded.warned, {table}.warned),
  warnings = coalesce(excluded.warnings, {table}.warnings),
  verdict_at = coalesce(excluded.verdict_at, {table}.verdict_at),
  decided_at = coalesce(excluded.decided_at, {table}.decided_at),
  reason = coalesce(excluded.reason, {table}.reason),
  evidence = coalesce(excluded.evidence, {table}.evidence),
  unproven = coalesce(excluded.unproven, {table}.unproven),
  corrected_from = coalesce({table}.corrected_from, excluded.corrected_from),
  why = coalesce(excluded.why, {table}.why),
  why_by = coalesce(excluded.why_by, {table}.why_by),
  why_at = coalesce(excluded.why_at, {table}.why_at),
  position = excluded.position
