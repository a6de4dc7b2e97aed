-- Whether pods of a version before were seen to be gone for good: what they would take wrong may be done from then on.
-- depends: 0036_told_version

-- migrate: apply

create table gone_senders (session text primary key);
comment on table gone_senders is
  'Names that the sessions of senders had in a version before, of which none was seen for a minute on end: none will be again';

-- Tables that no service has ever worked on have none.
insert into gone_senders (session)
select 'outage-notifier-owner'
where not exists (select from standing) and not exists (select from event) and not exists (select from notification);

insert into operator_sees (table_name) values ('gone_senders');

-- migrate: rollback

delete from operator_sees where table_name = 'gone_senders';
drop table gone_senders;
