-- name: stamp
-- What tells the rows of a month's ($1) cases, as they are now, from what they were at any other time: each version of each row is
-- somewhere in its table and of one transaction. Calls back and hours of neighbouring days are looked at, too.
select concat_ws(' ', p.stamp, m.stamp, f.stamp, h.stamp) as stamp from
  (select count(*) || ':' || coalesce(sum(hashtextextended(ctid::text || '/' || xmin::text, 0)), 0) as stamp from promise_case where month = $1) p,
  (select count(*) || ':' || coalesce(sum(hashtextextended(ctid::text || '/' || xmin::text, 0)), 0) as stamp from measured_case where month = $1) m,
  (select count(*) || ':' || coalesce(sum(hashtextextended(ctid::text || '/' || xmin::text, 0)), 0) as stamp from followup
    where due_from >= ($1::text || '-01')::timestamp at time zone 'utc' - interval '2 days'
      and due_from < ($1::text || '-01')::timestamp at time zone 'utc' + interval '33 days') f,
  (select count(*) || ':' || coalesce(sum(hashtextextended(ctid::text || '/' || xmin::text, 0)), 0) as stamp from hotline_hour
    where hour >= ($1::text || '-01')::timestamp at time zone 'utc' - interval '2 days'
      and hour < ($1::text || '-01')::timestamp at time zone 'utc' + interval '33 days') h;

-- name: lines_of
-- Where the cases of a month ($1) with this digest ($2) are written down, if they are.
select cases_id from statement_draft where month = $1 and digest = $2 order by made_at desc, draft_id limit 1;

-- name: write_lines
-- The cases of a month ($2) as they stand now, under a name ($1).
insert into frozen_case (cases_id, rule_id, kind, name, line) select $1, rule_id, kind, name, line from cases_of($2);

-- name: put_draft
-- What a month's cases came to when they were counted.
insert into statement_draft (draft_id, month, made_at, stamp, digest, cases_id, figures) values ($1, $2, $3, $4, $5, $6, $7::jsonb);

-- name: draft
-- One count.
select month, stamp, figures::text as figures from statement_draft where draft_id = $1;

-- name: judged_from
-- From when on a month ($1) is judged; null: it was not opened.
select (view #>> '{opened,judgedFrom}')::timestamptz from live where stream_id = 'month/' || $1::text;
