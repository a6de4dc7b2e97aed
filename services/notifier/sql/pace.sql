-- name: read
-- A sender's pace.
select version, ceiling, rate, tokens, shares, as_of, rests_until, slowed_at from pace where provider = $1 and sender = $2;

-- name: begin
-- The pace of a sender of which nothing is known yet; who comes second finds the first one's.
insert into pace (provider, sender, version, ceiling, rate, tokens, shares, as_of, rests_until, slowed_at)
values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing;

-- name: change
-- What became of it, if nobody changed it since version $10 was read.
update pace set version = version + 1, ceiling = $3, rate = $4, tokens = $5, shares = $6, as_of = $7, rests_until = $8,
  slowed_at = $9
where provider = $1 and sender = $2 and version = $10
returning version;

-- name: number
-- How often a number was refused, less what was taken since, and when last.
select refused, refused_at from number_pace where provider = $1 and number_ref = $2;

-- name: refuse_number
-- A number was refused at $3 for its pace; texts to it wait until $4.
insert into number_pace (provider, number_ref, refused, waits_until, refused_at) values ($1, $2, 1, $4, $3)
on conflict (provider, number_ref) do update set
  refused = number_pace.refused + 1, refused_at = excluded.refused_at,
  waits_until = greatest(number_pace.waits_until, excluded.waits_until);

-- name: take_number
-- A text to it was taken: one refusal less; the next text waits until $3, or not at all.
with once as (delete from number_pace where provider = $1 and number_ref = $2 and refused <= 1)
update number_pace set refused = refused - 1, waits_until = $3 where provider = $1 and number_ref = $2 and refused > 1;

-- name: forget_numbers
-- What was learned of numbers before $2 says nothing any more.
delete from number_pace where provider = $1 and refused_at < $2;
