-- The brake is put and taken away by the notifier itself, as its log says; and what operators may see of its tables.
-- depends: 0004_registry

-- migrate: apply

comment on table brake is
  'Lanes whose texts no sender may claim; a row is a stop, put and taken away where the log takes an operator''s request';

insert into operator_sees (table_name)
select unnest(array[
  'customer', 'customer_match', 'notification', 'attempt', 'fanout_job', 'audience_member', 'outage_match', 'rematch',
  'brake'
]);

-- migrate: rollback

comment on table brake is 'read-only: lanes whose texts no sender may claim; a row is a stop, put and taken away by operators';
