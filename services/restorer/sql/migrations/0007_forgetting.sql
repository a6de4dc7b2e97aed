-- What customers said in their own words is forgotten after a while.
-- depends: 0006_standing_cause

-- migrate: apply

insert into forgettable (rule, type, field, instead) values
  ('words', 'enquiry.received.v1', 'subject', 'null'),
  ('words', 'complaint.received.v1', 'subject', 'null'),
  ('words', 'followup.done.v1', 'opinion', 'null');

-- migrate: rollback

delete from forgettable;
