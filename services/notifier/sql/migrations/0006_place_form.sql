-- In which normal form places are stored, so that a later form renews them.
-- depends: 0005_brake_by_request

-- migrate: apply

create table place_form (
  one boolean primary key default true check (one),
  form text not null
);
comment on table place_form is
  'The normal form (services/places) of the names in customer_match and outage_match; none: that of a version before';

-- migrate: rollback

drop table place_form;
