-- name: open_questions
-- Questions to dispatch that nobody has answered, oldest first, with their words. Found by the index live_questions.
select e.data
from live l
cross join lateral jsonb_array_elements(l.view -> 'questions') as one
cross join lateral (
  select ev.data from event ev
  where ev.stream_id = l.stream_id and ev.type = 'fact.questioned.v1' and ev.data ->> 'questionId' = one ->> 'questionId'
  order by ev.version desc limit 1
) e
where l.view -> 'questions' <> '[]'::jsonb
order by e.data ->> 'askedAt', e.data ->> 'questionId';

-- name: untold
-- By question: how many special and life-support customers are told nothing while it is open (notifier's schema).
select one ->> 'questionId' as question_id, (one ->> 'untold')::int as untold
from live l cross join lateral jsonb_array_elements(l.view -> 'questions') as one
where l.view -> 'questions' <> '[]'::jsonb and (one ->> 'untold')::int > 0;
