-- What the board says of the time up to which facts are known holds for every partition, those that nobody reads yet as well.
-- depends: 0029_silent_times

-- migrate: apply

create or replace view board_standing with (security_barrier) as
select case when count(*) = count(s.partition) then min(s.caught_up_at) end as caught_up_at,
  case when count(*) = count(s.partition) then min(s.raised_at) end as raised_at
from (select distinct partition from consumer_offset where position('@' in topic) = 0) o left join standing s using (partition);

-- migrate: rollback

create or replace view board_standing with (security_barrier) as
select min(caught_up_at) as caught_up_at, min(raised_at) as raised_at from standing;
