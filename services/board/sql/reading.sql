-- name: standing
-- Up to when both services know all facts, and when the slowest of their workers last said so. Asked before all else.
select p.caught_up_at as planner, r.caught_up_at as restorer, least(p.raised_at, r.raised_at) as raised_at
from planner.board_standing p cross join restorer.board_standing r;

-- name: outages
-- All that is open, and what was over after an instant ($1).
select mrid, position, changed_at, is_open, ended_at, said, usage_points from restorer.board_outage where is_open
union all
select mrid, position, changed_at, is_open, ended_at, said, usage_points from restorer.board_outage where is_over and ended_at > $1;

-- name: changed_outages
-- What changed since a position of the restorer's log ($1).
select mrid, position, changed_at, is_open, ended_at, said, usage_points from restorer.board_outage where position > $1;

-- name: notices
-- All texts of each outage of which one is in force, or ended after an instant ($1).
select * from planner.notice where mrid in (
  select mrid from planner.notice where state = 'in-force'
  union
  select mrid from planner.notice where ended_at > $1
);

-- name: changed_notices
-- All texts of each outage of which one changed since a position of the planner's log ($1).
select * from planner.notice where mrid in (select mrid from planner.notice where position > $1);

-- name: orders
-- Which steps of a scheme some orders ($1: streams) were for.
select stream_id, scheme_id, step from planner.board_order where stream_id = any($1::text[]);

-- name: scheme
-- The published scheme, step by step.
select scheme_id, title, step, lines, in_force_since, out_of_turn from planner.board_scheme;

-- name: statements
-- The statement of each month that stands.
select month, number, statement_id, published_at, said from restorer.board_statement order by month desc;

-- name: names
-- What the network model says of names ($1 lists of an extent, $2 normal forms, side by side).
select n.words, n.form, n.dedicated, n.public_name, n.nominal_voltage, n.areas from restorer.board_name n
where n.words = any($1::text[]) and n.form = any($2::text[]);
