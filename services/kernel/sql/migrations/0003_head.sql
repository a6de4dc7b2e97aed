-- Signed heads of the log, and how far the inbox was pruned.
-- depends: 0002_projection

-- migrate: apply

create table head (
  number bigint primary key check (number >= 1),
  position bigint not null unique,
  body text not null,
  signature bytea not null
);
comment on table head is
  'append-only: signed heads. body is the exact text that was signed; position: the last event it covers';

create table pruned (
  topic text not null,
  partition int not null,
  below bigint not null,
  cutoff timestamptz not null,
  primary key (topic, partition)
);
comment on table pruned is
  'What was taken before cutoff at offsets under below is not accounted for any more; (within): words from within';

-- `skipped` stays append-only for the service: it may only have forgotten what lies under the recorded horizon.
create function prune_skipped(most int) returns bigint language sql security definer set search_path from current as $$
  with old as (
    select s.topic, s.partition, s.from_offset from skipped s join pruned p using (topic, partition)
    where s.to_offset <= p.below limit most
  ), gone as (
    delete from skipped s using old
    where s.topic = old.topic and s.partition = old.partition and s.from_offset = old.from_offset
    returning 1
  )
  select count(*) from gone
$$;

-- migrate: rollback

drop function prune_skipped(int);
drop table pruned, head;
