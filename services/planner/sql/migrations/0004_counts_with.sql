-- Work that dispatch says was another outage's plan counts once with that plan, whichever of the two stands.
-- depends: 0003_place_form

-- migrate: apply

alter table work add column counts_with text;
comment on column work.counts_with is 'mRID of the plan that this work was: of both one counts; null: it counts by itself';

-- migrate: rollback

alter table work drop column counts_with;
