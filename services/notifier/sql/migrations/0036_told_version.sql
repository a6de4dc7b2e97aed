-- Up to which version of its truth an outage was told to the end: texts wait for that, and not for what is learned meanwhile.
-- depends: 0035_named_back

-- migrate: apply

alter table fanout_job add column told_version int;
comment on column fanout_job.told_version is
  'The newest version of its truth that all whom it concerns have heard; null: none, or a version of the service before this one told it';

-- migrate: rollback

alter table fanout_job drop column told_version;
