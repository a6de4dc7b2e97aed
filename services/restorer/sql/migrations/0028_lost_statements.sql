-- Statements that are on the topic and not in the log: published in a time that a restored database has lost.
-- depends: 0027_rules_of_their_time

-- migrate: apply

create table lost_statement (
  event_id uuid primary key,
  month text not null,
  number bigint not null,
  data jsonb not null
);
create index lost_statement_month on lost_statement (month, number);
comment on table lost_statement is
  'append-only: statements that were found on outage.restorations and are not in the log, which went back to a time before them';

create table statement_looked (
  partition bigint primary key,
  next_offset bigint not null
);
comment on table statement_looked is 'Up to where outage.restorations was looked through for such statements';

alter table statement add column lost boolean not null default false;

insert into operator_sees (table_name) values ('lost_statement'), ('statement_looked');

-- migrate: rollback

delete from operator_sees where table_name in ('lost_statement', 'statement_looked');
alter table statement drop column lost;
drop table statement_looked, lost_statement;
