-- The operators' brake on sending.
-- depends: 0002_fanout

-- migrate: apply

create table brake (
  lane text primary key check (lane in ('critical', 'key', 'notice', 'bulk')),
  stopped_at timestamptz not null,
  who text not null,
  reason text not null
);
comment on table brake is 'read-only: lanes whose texts no sender may claim; a row is a stop, put and taken away by operators';

-- migrate: rollback

drop table brake;
