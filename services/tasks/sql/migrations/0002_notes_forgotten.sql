-- What people noted of tasks is forgotten after a while.
-- depends: 0001_task

-- migrate: apply

insert into forgettable (rule, type, field, instead) values ('notes', 'task.done.v1', 'note', '"[forgotten]"');

-- migrate: rollback

delete from forgettable where type = 'task.done.v1';
