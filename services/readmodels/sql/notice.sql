-- name: table
-- One row for each text of a notice that was published.
create table {table} (
  notice_id text primary key,
  mrid text not null,
  version bigint,
  outage_class text,
  published_at timestamptz,
  starts_at timestamptz,
  ends_at timestamptz,
  lines jsonb,
  areas jsonb,
  transformers jsonb,
  usage_points jsonb,
  reason text,
  safety_cut boolean,
  change text,
  supersedes text,
  text jsonb,
  state text not null check (state in ('in-force', 'superseded', 'withdrawn', 'closed')),
  ended_at timestamptz,
  because text,
  outcome text,
  started_at timestamptz,
  restored_at timestamptz,
  end_text jsonb,
  changed_at timestamptz not null,
  position bigint not null
);

-- name: source
-- The rows of a batch, $1: one JSON array of objects.
select * from json_to_recordset($1::json) as w (
  notice_id text, mrid text, version bigint, outage_class text, published_at timestamptz, starts_at timestamptz, ends_at timestamptz,
  lines jsonb, areas jsonb, transformers jsonb, usage_points jsonb, reason text, safety_cut boolean, change text, supersedes text,
  text jsonb, state text, ended_at timestamptz, because text, outcome text, started_at timestamptz, restored_at timestamptz,
  end_text jsonb, changed_at timestamptz, position bigint
)

-- name: put
-- What it said is said once. Its end is what the last word on it says, all of it. Usage points are kept only while it is in force.
on conflict (notice_id) do update set
  version = coalesce({table}.version, excluded.version),
  outage_class = coalesce({table}.outage_class, excluded.outage_class),
  published_at = coalesce({table}.published_at, excluded.published_at),
  starts_at = coalesce({table}.starts_at, excluded.starts_at),
  ends_at = coalesce({table}.ends_at, excluded.ends_at),
  lines = coalesce({table}.lines, excluded.lines),
  areas = coalesce({table}.areas, excluded.areas),
  transformers = coalesce({table}.transformers, excluded.transformers),
  usage_points = excluded.usage_points,
  reason = coalesce({table}.reason, excluded.reason),
  safety_cut = coalesce({table}.safety_cut, excluded.safety_cut),
  change = coalesce({table}.change, excluded.change),
  supersedes = coalesce({table}.supersedes, excluded.supersedes),
  text = coalesce({table}.text, excluded.text),
  state = excluded.state,
  ended_at = excluded.ended_at,
  because = excluded.because,
  outcome = excluded.outcome,
  started_at = excluded.started_at,
  restored_at = excluded.restored_at,
  end_text = excluded.end_text,
  changed_at = excluded.changed_at,
  position = excluded.position
