-- name: forget_notes
-- What people noted of the tasks that these events ($1) ended.
update task k set note = '[forgotten]'
from event e where e.position = any($1::bigint[]) and e.type = 'task.done.v1' and k.task_id = e.data ->> 'taskId';

-- name: forget_whys
-- And in the views of the requests ($1: their events) by which they said so.
update live l set view = l.view || '{"why": "[forgotten]"}'
from event e where e.position = any($1::bigint[]) and e.type = 'operator.requested.v1' and l.stream_id = e.stream_id;
