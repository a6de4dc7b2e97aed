-- Where it is denied that power is back, and who was told so: there "power is back" is said to nobody.
-- depends: 0015_shapes

-- migrate: apply

create table outage_denied (
  mrid text not null,
  form text not null,
  primary key (mrid, form)
);
comment on table outage_denied is
  'Usage points, by their normal names, at which meters or customers deny that power is back under an outage';

alter table audience_member add column denied boolean not null default false;
create index audience_member_denied on audience_member (mrid, customer_id) where denied;
comment on column audience_member.denied is 'The last word told them that power is not proven to be back where they are';

alter table rematch add column look bigint not null default 0;
comment on column rematch.look is 'Tells looks at one version of a customer apart: where it is denied that power is back has changed';

insert into operator_sees (table_name) values ('outage_denied');

-- migrate: rollback

delete from operator_sees where table_name = 'outage_denied';
alter table rematch drop column look;
drop index audience_member_denied;
alter table audience_member drop column denied;
drop table outage_denied;
