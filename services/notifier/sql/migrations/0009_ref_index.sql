-- The code at the end of a text is found without looking through all texts ever asked for (outagectl explain CODE).
-- depends: 0008_whose_fault

-- migrate: apply

create index notification_ref on notification (ref);

-- migrate: rollback

drop index notification_ref;
