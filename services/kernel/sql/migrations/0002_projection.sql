-- Read models: which builds of each stand, how far each is, which one readers see.
-- depends: 0001_log

-- migrate: apply

create table projection (
  name text not null,
  version int not null,
  build int not null,
  table_name text not null unique,
  state text not null check (state in ('building', 'live', 'old')),
  cursor bigint not null default 0,
  applied_at timestamptz,
  started_at timestamptz not null,
  live_since timestamptz,
  primary key (name, version, build)
);
create unique index projection_live on projection (name) where state = 'live';
create unique index projection_building on projection (name) where state = 'building';
comment on table projection is
  'Read models by build: up to which log position each is folded (cursor), when that was decided, which one readers see';

-- migrate: rollback

drop table projection;
