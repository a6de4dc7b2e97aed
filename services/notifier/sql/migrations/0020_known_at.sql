-- When what a text tells became known here: from then to its POST is how long the customer was kept waiting.
-- depends: 0019_standing_cause

-- migrate: apply

alter table notification add column known_at timestamptz;
comment on column notification.known_at is
  'Domain time at which the fact that it tells was on the broker, or its deadline came; null in rows of a version before';

-- migrate: rollback

alter table notification drop column known_at;
