-- What the public board reads of notices and of the curtailment scheme: views that show this and nothing beside it.
-- depends: 0007_promises_as_tasks

-- migrate: apply

create table published_scheme (
  one boolean primary key default true check (one),
  scheme_id text not null,
  title text not null,
  steps jsonb not null
);
comment on table published_scheme is
  'The curtailment scheme as the planner that started last has it (OUTAGE_CURTAILMENT_SCHEME): the lines of each step, in their order';

create view board_scheme with (security_barrier) as
select s.scheme_id, s.title, w.number as step, w.lines, f.since as in_force_since, coalesce(f.out_of_turn, false) as out_of_turn
from published_scheme s
cross join jsonb_array_elements(s.steps) with ordinality as w(lines, number)
left join lateral (
  select min(c.ordered_at) as since, bool_or(exists (
    select from event e
    where e.stream_id = 'outage/' || c.mrid and e.type = 'plan.accepted.v1'
      and (e.data::jsonb -> 'warnings') ? 'scheme-gap:scheme-out-of-sequence'
  )) as out_of_turn
  from curtailment_step c where c.scheme_id = s.scheme_id and c.step = w.number
) f on f.since is not null;
comment on view board_scheme is
  'For the public board: each step of the scheme, its lines, and since when it is in force; out_of_turn: ordered though one before it was not';

create view board_order with (security_barrier) as
select stream_id, view -> 'curtailment' ->> 'schemeId' as scheme_id, (view -> 'curtailment' ->> 'schemeStep')::bigint as step
from live where view -> 'curtailment' ->> 'schemeId' is not null;
comment on view board_order is 'For the public board: which step of which scheme an order was for';

-- Notices are read from their read model, so nothing is known of a time up to which that has not been folded.
create view board_standing with (security_barrier) as
select least(min(s.caught_up_at), (
    select e.decided_at from projection p join event e on e.position > p.cursor
    where p.name = 'notice' and p.state = 'live' order by e.position limit 1
  )) as caught_up_at,
  min(s.raised_at) as raised_at
from standing s;
comment on view board_standing is
  'For the public board: up to when all facts of every partition are known here, and when the slowest of its workers last said so';

insert into operator_sees (table_name) values ('published_scheme'), ('board_scheme'), ('board_order'), ('board_standing');
insert into board_sees (table_name) values ('notice'), ('board_scheme'), ('board_order'), ('board_standing');

-- migrate: rollback

delete from board_sees where table_name in ('notice', 'board_scheme', 'board_order', 'board_standing');
delete from operator_sees where table_name in ('published_scheme', 'board_scheme', 'board_order', 'board_standing');
drop view board_standing;
drop view board_order;
drop view board_scheme;
drop table published_scheme;
