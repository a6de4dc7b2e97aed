-- In which normal form the places of works are stored, so that a later form renews them.
-- depends: 0002_operator_sees

-- migrate: apply

create table place_form (
  one boolean primary key default true check (one),
  form text not null
);
comment on table place_form is 'The normal form (services/places) of the names in work_place; none: as they were written';

-- migrate: rollback

drop table place_form;
