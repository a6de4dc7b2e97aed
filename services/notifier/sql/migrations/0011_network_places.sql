-- Where outages lie by the network model, beside the places that they name.
-- depends: 0010_word

-- migrate: apply

-- Jobs before places, as whoever tells an outage takes them: a version before, which runs on, would else wait in a circle with this.
alter table fanout_job
  add column placed_version int,
  add column network_version bigint;
comment on column fanout_job.placed_version is 'The version whose places were last looked up in the network model';
comment on column fanout_job.network_version is 'Of which state of the copy (network_copy) that was';

-- Of an outage of which a part is back the version before does not say where: what it means is looked up with its next word.
update fanout_job set placed_version = version
where not exists (select from outage_match o where o.mrid = fanout_job.mrid) or due -> 'truth' ->> 'status' = 'part-restored';
create index fanout_job_unplaced on fanout_job (mrid) where placed_version is distinct from version;
create index fanout_job_by_network on fanout_job (mrid) where network_version is not null;

alter table outage_match
  add column by_model boolean not null default false,
  add column back boolean not null default false,
  add column untold boolean not null default false;
create index outage_match_untold on outage_match (mrid) where untold;
comment on column outage_match.by_model is 'By the network model; the others are named';
comment on column outage_match.back is 'Power is back there by a step, though the outage names what feeds it';
comment on column outage_match.untold is 'Found after customers were gone through: those who are there are to be matched again';

create function back_nearer(mrid text, customer_id text, kind text) returns boolean
language sql stable
return exists (
  select from customer_match s join outage_match b on b.kind = s.kind and b.value = s.value
  where b.mrid = $1 and b.back and s.customer_id = $2
    and array_position(array['area', 'line', 'transformer', 'usagePoint'], s.kind)
      > array_position(array['area', 'line', 'transformer', 'usagePoint'], $3)
);
comment on function back_nearer is
  'Whether an outage has given power back at a nearer place of this customer than one of this kind: a transformer is nearer than its line';

-- migrate: rollback

drop function back_nearer;
alter table fanout_job drop column network_version, drop column placed_version;
delete from outage_match where by_model;
alter table outage_match drop column untold, drop column back, drop column by_model;
