-- Of which outages it is still to be looked up what their places mean by the network model: asked in one place.
-- depends: 0013_supplies

-- migrate: apply

create view fanout_unplaced as
select j.mrid, j.done, j.chunks from fanout_job j
where j.placed_version is distinct from j.version
  and exists (select from outage_match o where o.mrid = j.mrid)
  and exists (select from network_edition where ready);
comment on view fanout_unplaced is 'Outages with places that were not yet looked up in the network model; none where there is no model';

insert into operator_sees (table_name) values ('fanout_unplaced');

-- migrate: rollback

delete from operator_sees where table_name = 'fanout_unplaced';
drop view fanout_unplaced;
