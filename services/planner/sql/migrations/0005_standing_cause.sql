-- What stands that a person is needed for: what was set aside.
-- depends: 0004_counts_with

-- migrate: apply

create view standing_cause as
select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from set_aside_cause;
comment on view standing_cause is 'What stands that a person is needed for; a task has each';

-- migrate: rollback

drop view standing_cause;
