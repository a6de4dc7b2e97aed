-- What operators may see of the planner's own tables.
-- depends: 0001_work

-- migrate: apply

insert into operator_sees (table_name) select unnest(array['work', 'work_place', 'curtailment_step']);

-- migrate: rollback

delete from operator_sees where table_name in ('work', 'work_place', 'curtailment_step');
