-- Of a message that was given up and is found after all each text that it says is known to have arrived.
-- depends: 0040_notices_wait

-- migrate: apply

alter table attempt add column freed text[];
create index attempt_freed on attempt (message_id) where freed is not null;
comment on column attempt.freed is 'Texts that it would have said, too, and that were let go because it was given up: they follow it should it be found after all';

-- migrate: rollback

drop index attempt_freed;
alter table attempt drop column freed;
