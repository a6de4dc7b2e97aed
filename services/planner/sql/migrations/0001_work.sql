-- Planned work as other plans must see it: what counts against yearly limits, what overlaps, which steps are in force.
-- depends:

-- migrate: apply

create table work (
  mrid text primary key,
  outage_class text not null,
  standing text not null check (standing in ('noticed', 'started', 'refused', 'withdrawn')),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  counted boolean not null
);
create index work_by_time on work (starts_at);
comment on table work is 'Each planned or temporary work as it stands; counted: it uses up a yearly limit';

create table work_place (
  place text not null,
  mrid text not null references work on delete cascade,
  primary key (place, mrid)
);
create index work_place_of on work_place (mrid);
comment on table work_place is 'Where each work is: line:…, transformer:…, usagePoint:…';

create table curtailment_step (
  mrid text primary key,
  scheme_id text not null,
  step int not null,
  ordered_at timestamptz not null
);
comment on table curtailment_step is 'Steps of the curtailment scheme that are in force now';

-- migrate: rollback

drop table curtailment_step, work_place, work;
