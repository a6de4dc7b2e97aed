-- What stands that a person is needed for: questions to dispatch, and what was set aside.
-- depends: 0005_back_places

-- migrate: apply

create view standing_cause as
select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from set_aside_cause
union all
select
  md5(concat_ws('|', 'fact-questioned', l.stream_id, one ->> 'questionId', one ->> 'askedAt')),
  'fact-questioned',
  one ->> 'reason',
  left(substr(l.stream_id, 8), 100),
  left(substr(l.stream_id, 8), 100),
  null,
  one ->> 'questionId',
  4::bigint,
  (one ->> 'askedAt')::timestamptz,
  null
from live l cross join lateral jsonb_array_elements(l.view -> 'questions') as one
where l.view -> 'questions' <> '[]'::jsonb and starts_with(l.stream_id, 'outage/');
comment on view standing_cause is 'What stands that a person is needed for: questions to dispatch, what was set aside; a task has each';

-- migrate: rollback

drop view standing_cause;
