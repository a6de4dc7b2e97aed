-- name: listed
-- Calls back, the oldest first: of an outage ($1), of a report ($2), those that stand so ($3: open, due, again, all,
-- or an outcome), at an instant ($4), at most $5 of them; how many there are, and by when the outage promises to have called all.
select mrid, report_id, due_from, outcome, reason, tries, last_at, next_at, count(*) over () as found,
  case when outcome is null then (
    select min(c.due_at) from promise_case c
    where c.mrid = followup.mrid and c.obligation = 'call-back' and c.measured_from = due_from and c.standing in ('open', 'broken')
  ) end as promised_by
from followup
where ($1::text is null or mrid = $1) and ($2::text is null or report_id = $2)
  and case $3
    when 'open' then outcome is null
    when 'due' then outcome is null and next_at <= $4::timestamptz
    when 'again' then outcome is null and tries > 0
    when 'all' then true
    else outcome = $3
  end
order by due_from, mrid, report_id limit $5;
