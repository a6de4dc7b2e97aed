-- The kernel's tables, made once in each service's own schema.
-- depends:

-- migrate: apply

create table consumer_offset (
  topic text not null,
  partition int not null,
  first_offset bigint not null,
  next_offset bigint not null,
  last_digest bytea,
  watermark timestamptz not null,
  primary key (topic, partition)
);
comment on table consumer_offset is
  'The fence: which record of each partition comes next, and the domain time up to which its facts are known';

create table skipped (
  topic text not null,
  partition int not null,
  from_offset bigint not null,
  to_offset bigint not null,
  reason text not null,
  detail text,
  primary key (topic, partition, from_offset)
);
comment on table skipped is
  'append-only: offsets [from, to) that have no inbox row, each with its reason: duplicate, hole explained, quarantined';

create table inbox (
  seq bigint generated always as identity,
  source text not null,
  id text not null,
  type text not null,
  digest bytea not null,
  topic text,
  partition int,
  record_offset bigint,
  taken_at timestamptz not null,
  outcome text not null check (outcome in ('appended', 'no-op', 'quarantined')),
  reason text not null,
  events int not null,
  stream_id text,
  primary key (source, id)
);
create index inbox_by_offset on inbox (topic, partition, record_offset);
create index inbox_by_seq on inbox (seq);
comment on table inbox is 'Every message taken, once, with its one outcome';

create table stream (
  stream_id text primary key,
  partition int not null,
  version bigint not null,
  chain bytea not null,
  parked_by uuid
);
comment on table stream is 'Head of each stream: version, end of its hash chain, and what parked it, if anything did';

create table event (
  position bigint generated always as identity primary key,
  stream_id text not null,
  version bigint not null,
  event_id uuid not null unique,
  type text not null,
  data json not null,
  cause text not null,
  reason text not null,
  decided_at timestamptz not null,
  chain bytea not null,
  unique (stream_id, version)
);
comment on table event is 'append-only: the log. data keeps its exact bytes; chain is sha256 over the one before and this row';

create table live (
  stream_id text primary key,
  version bigint not null,
  view jsonb not null
);
comment on table live is 'The present state of each stream for people; replaying the log must give the same';

create table outbox (
  id bigint generated always as identity primary key,
  aggregateid text not null,
  topic text not null,
  event_id uuid not null,
  type text not null,
  payload bytea not null,
  recorded_at timestamptz not null,
  traceparent text
);
comment on table outbox is 'What is to be published; deleted once Kafka has acknowledged it';

create table timer (
  timer_id text primary key,
  stream_id text not null,
  name text not null,
  due_at timestamptz not null,
  partition int not null
);
create index timer_by_due on timer (partition, due_at);
create index timer_by_stream on timer (stream_id);
comment on table timer is 'Deadlines, always equal to what the states of their streams want';

create table quarantine (
  quarantine_id uuid primary key,
  seq bigint generated always as identity,
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  source text,
  id text,
  type text,
  key bytea,
  headers json not null,
  body bytea,
  redacted boolean not null,
  reason text not null,
  detail text not null,
  stream_id text,
  at timestamptz not null,
  state text not null check (state in ('open', 'retried', 'dropped')),
  resolved_at timestamptz,
  resolution text
);
create index quarantine_open on quarantine (at) where state = 'open';
create index quarantine_by_stream on quarantine (stream_id) where state = 'open';
comment on table quarantine is 'What could not be understood or judged, kept until somebody decides';

create table operator_action (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  action text not null,
  detail json not null
);
comment on table operator_action is 'append-only: what people did to the service by hand';

-- migrate: rollback

drop table operator_action, quarantine, timer, outbox, live, event, stream, inbox, skipped, consumer_offset;
