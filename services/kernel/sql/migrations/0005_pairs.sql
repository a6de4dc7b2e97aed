-- Causes from which source and id can be told apart, and which rows of the log have one.
-- depends: 0004_review

-- migrate: apply

alter table event add column paired boolean not null default false;
comment on column event.paired is
  'Whether cause is citation(source, id), from which the pair can be read again; false: source/id, as 0.1 wrote it';

create function citation(source text, id text) returns text language sql immutable parallel safe as $$
  select replace(replace(source, '%', '%25'), ' ', '%20') || case when strpos(id, '/') > 0 then ' ' else '/' end || id
$$;
comment on function citation(text, text) is 'Source and id as one text, as schemas/citation.py writes it: no two pairs have the same';

-- migrate: rollback

drop function citation(text, text);
alter table event drop column paired;
