-- States of long streams, so that the first fact after a restart does not read their whole history.
-- depends: 0006_operator_request

-- migrate: apply

create table snapshot (
  stream_id text primary key,
  revision text not null,
  version bigint not null,
  chain bytea not null,
  state bytea not null,
  made_at timestamptz not null
);
-- Written often and read seldom, and of many small texts: packing it costs more than the room.
alter table snapshot alter column state set storage external;
create index snapshot_by_age on snapshot (made_at);
comment on table snapshot is
  'A cache: the state that the code and rules of this revision folded from a stream up to this version and chain; may be emptied at any time';

alter table stream add column weight bigint not null default 0;
comment on column stream.weight is
  'About how many bytes its state takes, as JSON; 0: not known yet. Says how many streams are loaded at once';

-- migrate: rollback

alter table stream drop column weight;
drop table snapshot;
