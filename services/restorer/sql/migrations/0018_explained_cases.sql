-- Why a promise was broken, as a person said it, beside its verdict.
-- depends: 0017_hotline_cases

-- migrate: apply

alter table promise_case add column explained jsonb;

-- migrate: rollback

alter table promise_case drop column explained;
