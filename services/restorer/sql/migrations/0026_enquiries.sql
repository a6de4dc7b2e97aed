-- Enquiries as matters of their own: what customers asked is forgotten with the rest of what they said.
-- depends: 0025_board

-- migrate: apply

insert into forgettable (rule, type, field, instead) values ('words', 'enquiry.received.v2', 'subject', 'null');

-- migrate: rollback

delete from forgettable where type = 'enquiry.received.v2';
