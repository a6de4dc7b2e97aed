-- The shape in which an outage is off, where it says so.
-- depends: 0003_meters

-- migrate: apply

alter table off_outage
  add column shape json,
  add column shape_version bigint;
comment on column off_outage.shape is 'Where in its areas it is off, GeoJSON';
comment on column off_outage.shape_version is
  'As of which version that is: a version before, which writes the others alone, leaves it behind, and then it does not count';

-- migrate: rollback

alter table off_outage drop column shape_version, drop column shape;
