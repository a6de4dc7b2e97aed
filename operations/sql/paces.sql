-- name: paces
-- The pace of each sender, as its processes share it.
select provider, sender, ceiling, rate, tokens, shares, as_of, rests_until, slowed_at from pace order by provider, sender;
