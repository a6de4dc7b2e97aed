-- name: put_scheme
-- The published scheme: its id, its title, and a list of lines for each step ($3).
insert into published_scheme (scheme_id, title, steps) values ($1, $2, $3::jsonb)
on conflict (one) do update set scheme_id = excluded.scheme_id, title = excluded.title, steps = excluded.steps
where published_scheme is distinct from excluded;

-- name: forget_scheme
-- None is published.
delete from published_scheme;
