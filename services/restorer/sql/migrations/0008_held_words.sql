-- What customers said is forgotten also where it stands in a fact that was held: the fact as JSON, in a field of another event.
-- depends: 0007_forgetting

-- migrate: apply

insert into forgettable (rule, type, field, instead, path) values
  ('words', 'fact.held.v1', 'body.subject', 'null', '{body,subject}'),
  ('words', 'fact.held.v1', 'body.opinion', 'null', '{body,opinion}');

-- migrate: rollback

delete from forgettable where type = 'fact.held.v1';
