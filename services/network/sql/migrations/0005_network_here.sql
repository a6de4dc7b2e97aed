-- How much of each model is here, counted as it comes: while an edition waits for elements all of them were counted with each batch.
-- depends: 0004_network_points

-- migrate: apply

create table network_here (
  model_id text primary key,
  elements bigint not null,
  summed numeric not null
);
comment on table network_here is 'How many elements of each model are here now, and the sum of what their digests count';

-- Kept by triggers, so that it is right whatever version writes elements.
create function count_network_here() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from network_here;
    return null;
  end if;
  if tg_op <> 'DELETE' then
    insert into network_here (model_id, elements, summed)
    select model_id, count(*), sum(summed) from added where until is null group by model_id order by model_id
    on conflict (model_id) do update
    set elements = network_here.elements + excluded.elements, summed = network_here.summed + excluded.summed;
  end if;
  if tg_op <> 'INSERT' then
    update network_here h set elements = h.elements - g.elements, summed = h.summed - g.summed
    from (select model_id, count(*) as elements, sum(summed) as summed from gone where until is null group by model_id) g
    where h.model_id = g.model_id;
  end if;
  return null;
end
$$;

create trigger network_here_inserted after insert on network_element
  referencing new table as added for each statement execute function count_network_here();
create trigger network_here_updated after update on network_element
  referencing old table as gone new table as added for each statement execute function count_network_here();
create trigger network_here_deleted after delete on network_element
  referencing old table as gone for each statement execute function count_network_here();
create trigger network_here_truncated after truncate on network_element
  for each statement execute function count_network_here();

-- With the triggers' lock held: nobody writes meanwhile.
insert into network_here (model_id, elements, summed)
select model_id, count(*), sum(summed) from network_element where until is null group by model_id;

insert into operator_sees (table_name) values ('network_here');

-- migrate: rollback

delete from operator_sees where table_name = 'network_here';
drop trigger network_here_truncated on network_element;
drop trigger network_here_deleted on network_element;
drop trigger network_here_updated on network_element;
drop trigger network_here_inserted on network_element;
drop function count_network_here();
drop table network_here;
