-- The network model as outage.network says it, in each service that decides by it.
-- depends:

-- migrate: apply

create table network_element (
  seq bigint generated always as identity primary key,
  element_id text not null,
  since timestamptz not null,
  until timestamptz,
  said_at timestamptz not null,
  kind text not null,
  model_id text not null,
  summed bigint not null,
  element bytea not null
);
create unique index network_element_now on network_element (element_id) where until is null;
create index network_element_then on network_element (element_id, since);
create index network_element_of on network_element (model_id) where until is null;
comment on table network_element is
  'Elements, each as it was said from one instant until the next, and when last; the present one has no end';

create table network_way (
  element_id text not null,
  source_id text not null,
  number bigint not null,
  switches text[] not null,
  normally_open text[] not null,
  closed boolean not null,
  down boolean not null default false,
  primary key (element_id, source_id, number)
);
create index network_way_down on network_way (source_id) include (element_id) where down;
create index network_way_closed on network_way (source_id) include (element_id) where closed;
create index network_way_switches on network_way using gin (switches);
comment on table network_way is
  'By which ways power may come to an element, several from one source too: closed now, and down where it comes from nearer to a substation';

create table network_step (
  element_id text primary key,
  step bigint not null
);
create index network_step_by_step on network_step (step);
comment on table network_step is 'How many closed ways an element is from the nearest substation; none where none leads there';

create table network_name (
  words text not null,
  form text not null,
  element_id text not null,
  primary key (words, form, element_id)
);
create index network_name_of on network_name (element_id);
comment on table network_name is 'What elements are called, in normal form, by the list of an extent in which that may stand';

create table network_area (
  area_id text not null,
  element_id text not null,
  primary key (area_id, element_id)
);
create index network_area_of on network_area (element_id);
comment on table network_area is 'The areas in which elements lie';

create table network_switch (
  switch text primary key,
  state text not null check (state in ('open', 'closed')),
  at timestamptz not null
);
comment on table network_switch is 'Switches that were thrown, as they stand since';

create table network_edition (
  model_id text not null,
  date timestamptz not null,
  elements bigint not null,
  checksum text not null,
  ready boolean not null default false,
  primary key (model_id, date)
);
comment on table network_edition is
  'Editions that were told whole: of each model the newest that is here whole (ready), which decisions cite, and later ones';

create table network_copy (
  single boolean primary key default true check (single),
  version bigint not null
);
insert into network_copy (version) values (0);
comment on table network_copy is 'How often the copy was changed: who reads it in several steps sees by it whether it was the same all the time';

insert into operator_sees (table_name)
select unnest(array[
  'network_element', 'network_way', 'network_step', 'network_name', 'network_area', 'network_switch', 'network_edition',
  'network_copy'
]);

-- migrate: rollback

delete from operator_sees where table_name like 'network\_%';
drop table network_copy;
drop table network_edition;
drop table network_switch;
drop table network_area;
drop table network_name;
drop table network_step;
drop table network_way;
drop table network_element;
