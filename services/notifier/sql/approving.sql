-- name: job
-- What is due to be told of an outage.
select due from fanout_job where mrid = $1;

-- name: how_many
-- How many customers outage $1 concerns, counted up to $2: by its places, those inside its shape ($3), and those whom it held before.
-- Of whom something better is known an area counts only where the outage names no element of that kind ($4: the kinds of which it does).
select count(*) from (
  select m.customer_id
  from outage_match o join customer_match m using (kind, value)
  where o.mrid = $1 and not o.back and (m.kind <> 'area' or counts_by_area(m.customer_id, $4))
  union
  select one from unnest($3::text[]) as one
  union
  select a.customer_id from audience_member a where a.mrid = $1 and a.touched
  limit $2
) w;

-- name: ask
-- Outage $1 concerns more people ($4) than may be told unasked, by version $3 of its truth, at $5; $2: how operators call it.
-- Approved, it is asked about again where it concerns more than twice as many.
insert into large_send (mrid, send_id, version, people, state, asked_at) values ($1, $2, $3, $4, 'waiting', $5)
on conflict (mrid) do update set
  version = excluded.version,
  people = excluded.people,
  asked_at = case
    when large_send.state = 'approved' and excluded.people > 2 * large_send.approved_for then excluded.asked_at
    else large_send.asked_at
  end,
  state = case
    when large_send.state = 'approved' and excluded.people > 2 * large_send.approved_for then 'waiting' else large_send.state
  end
returning state;

-- name: no_longer
-- It concerns few again: nobody need be asked.
delete from large_send where mrid = $1 and state = 'waiting';

-- name: sends
-- Sends that are not approved, and texts of each that wait: how many, and until when the first of them is of use.
select s.mrid, s.send_id, s.people, s.state, s.asked_at, s.decided_at, s.decided_by, s.reason, t.texts, t.next_expiry
from large_send s
left join lateral (
  select count(*) as texts, min(n.expires_at) as next_expiry from notification n
  where n.state = 'ready' and n.retry_after = 'infinity' and s.mrid = any(n.mrids)
) t on true
where s.state <> 'approved' or $1
order by s.asked_at, s.mrid;

-- name: named
-- The sends that operators may mean by $1: its id or its outage.
select mrid, send_id, people, state from large_send where send_id = upper($1) or mrid = $1 order by mrid for update;

-- name: decide
-- What was said of one ($1): $2 its state, $3 when, $4 by whom, $5 why.
update large_send
set state = $2, decided_at = $3, decided_by = $4, reason = $5, approved_for = case when $2 = 'approved' then people end
where mrid = $1;

-- name: let_go
-- Texts that are held and need not be any more: all sends that they belong to are approved. Whoever is at one lets it be or ends it.
with chosen as (
  select n.message_id from notification n
  where n.state = 'ready' and n.retry_after = 'infinity'
    and not exists (select from large_send s where s.mrid = any(n.mrids) and s.state <> 'approved')
  order by n.message_id limit 1000
  for update skip locked
)
update notification n set retry_after = null from chosen c where n.message_id = c.message_id and n.state = 'ready'
returning n.message_id;

-- name: waiting
-- How many sends wait for a person; and whether any text is held.
select
  (select count(*) from standing_approval) as sends,
  exists (select from notification where state = 'ready' and retry_after = 'infinity') as held;
