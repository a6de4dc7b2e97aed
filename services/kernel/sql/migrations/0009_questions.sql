-- Streams that wait for an answer, found without looking at all others; and when a quarantined record was recorded.
-- depends: 0008_standing

-- migrate: apply

create index live_questions on live (stream_id) where view -> 'questions' <> '[]'::jsonb;
comment on index live_questions is 'Streams whose view says that somebody was asked and has not answered';

alter table quarantine add column recorded_at timestamptz;
comment on column quarantine.recorded_at is
  'When the record came to the broker: retried, it is judged against that, as other services judged it; null: before 0.2';

-- migrate: rollback

alter table quarantine drop column recorded_at;
drop index live_questions;
