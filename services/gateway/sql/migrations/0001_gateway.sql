-- What came over HTTP and is safe on Kafka: by source and id, so that a retry is told so.
-- depends:

-- migrate: apply

create table taken (
  source text not null,
  id text not null,
  digest bytea not null,
  type text not null,
  at timestamptz not null,
  primary key (source, id)
);
create index taken_by_at on taken (at);
comment on table taken is
  'Events taken over HTTP, each once: digest is sha256 over its type and data in canonical JSON. Pruned after 90 days';

-- migrate: rollback

drop table taken;
