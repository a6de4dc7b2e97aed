-- Texts of long ago are found without a look at all others, so that they can be forgotten in small steps.
-- depends: 0021_silence

-- migrate: apply

create index customer_word_last on customer_word (
  (coalesce(greatest(requested_at, not_before, accepted_at, delivered_at, ended_at), '-infinity'::timestamptz))
);

-- migrate: rollback

drop index customer_word_last;
