-- Of outages that wait to be told, those that touch special importance or life support go first.
-- depends: 0029_replies

-- migrate: apply

alter table fanout_job add column urgent boolean;
comment on column fanout_job.urgent is
  'Whether an element that it names is one of a customer of special importance or with life support; null: nobody has looked';
create index fanout_job_unweighed on fanout_job (mrid) where not done and urgent is null;
create index customer_critical on customer (customer_id)
  where profile ->> 'importance' = 'special' or profile ->> 'lifeSupport' = 'true';

-- migrate: rollback

drop index customer_critical, fanout_job_unweighed;
alter table fanout_job drop column urgent;
