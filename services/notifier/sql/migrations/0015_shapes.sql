-- Where customers are, and where outages lie that say it by a shape.
-- depends: 0014_fanout_unplaced

-- migrate: apply

create table customer_point (
  customer_id text primary key references customer on delete cascade,
  at point not null
);
create index customer_point_at on customer_point using gist (at);
comment on table customer_point is 'Where customers are, longitude and latitude, of whom the registry says it';

create table outage_shape (
  mrid text not null,
  piece bigint not null,
  bounds box not null,
  primary key (mrid, piece)
);
create index outage_shape_bounds on outage_shape using gist (bounds);
comment on table outage_shape is
  'Of every outage that is not over and has a shape the rectangles about its pieces; the shape itself stands in what is to be told';

insert into operator_sees (table_name) values ('customer_point'), ('outage_shape');

alter table outage_match add column by_where boolean not null default false;
comment on column outage_match.by_where is
  'By the network model, because it lies where areas or a shape say, and for no element that is named';

-- Whether it is known where a customer is: by the registry, or by the network model of a usage point of theirs.
create function is_placed(who text) returns boolean language sql stable as $$
  select exists (select from customer_point p where p.customer_id = who) or exists (
    select from customer_match m
    join network_name n on n.words = 'usage_points' and n.form = m.value
    join network_element e on e.element_id = n.element_id and e.until is null
    where m.customer_id = who and m.kind = 'usagePoint' and network_point(e.element) is not null
  )
$$;

-- Whether an outage lies anywhere still, by names or by a shape.
create function lies_somewhere(outage text) returns boolean language sql stable as $$
  select exists (select from outage_match o where o.mrid = outage) or exists (select from outage_shape s where s.mrid = outage)
$$;

create or replace view fanout_unplaced as
select j.mrid, j.done, j.chunks from fanout_job j
where j.placed_version is distinct from j.version and lies_somewhere(j.mrid)
  and exists (select from network_edition where ready);

-- migrate: rollback

create or replace view fanout_unplaced as
select j.mrid, j.done, j.chunks from fanout_job j
where j.placed_version is distinct from j.version
  and exists (select from outage_match o where o.mrid = j.mrid)
  and exists (select from network_edition where ready);
drop function lies_somewhere(text);
drop function is_placed(text);
alter table outage_match drop column by_where;
delete from operator_sees where table_name in ('customer_point', 'outage_shape');
drop table outage_shape;
drop table customer_point;
