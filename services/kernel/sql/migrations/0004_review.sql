-- Which code wrote each live view, so that an audit tells an older shape from a wrong one.
-- depends: 0003_head

-- migrate: apply

alter table live add column written_by text not null default '';
comment on column live.written_by is
  'The revision of the code and its rules that wrote the view (services/kernel/revision.py); empty: a version before this column';

-- migrate: rollback

alter table live drop column written_by;
