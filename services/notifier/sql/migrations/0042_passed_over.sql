-- What pods of a version before read during a rolling update and passed over: texts of customers, which they knew nothing to do with.
-- depends: 0041_freed_texts

-- migrate: apply

create table passed_over (since bigint primary key);
comment on table passed_over is
  'From which inbox row on texts of customers are looked for that a pod of a version before passed over; empty: nothing is, for none is left';

insert into passed_over (since)
select (select coalesce(max(seq), 0) from inbox) where not exists (select from gone_senders);

insert into operator_sees (table_name) values ('passed_over');

-- migrate: rollback

delete from operator_sees where table_name = 'passed_over';
drop table passed_over;
