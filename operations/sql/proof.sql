-- name: named
-- Texts by our id or by the provider's.
select message_id from notification where message_id = $1 or provider_sid = $1
union select message_id from attempt where provider_sid = $1;

-- name: coded
-- Texts that bear a code, oldest first.
select message_id from notification
where ref = $1 or carried_by in (select message_id from notification where ref = $1)
order by requested_at, message_id limit 50;

-- name: texts
-- Texts as the sender has them, beside what asked for each ($1: ids), and what took its place: the text that was asked for in the same
-- thread instead of it, or after it.
select n.message_id, n.customer_id, n.contact_id, n.mrids, n.trigger, n.lane, n.state, n.unwanted, n.ref, n.body, n.requested_at,
  n.known_at, n.not_before, n.due_at, n.expires_at, n.attempts, n.provider, n.provider_sid, n.carrier, n.barred, n.stream_version,
  n.carried_by, n.carried_n, (select l.ref from notification l where l.message_id = n.carried_by) as posted_ref, case when n.retry_after = 'infinity' then (
    select s.send_id from large_send s where s.mrid = any(n.mrids) and s.state <> 'approved' order by s.asked_at limit 1
  ) end as held_by,
  f.rule as forgotten_by, f.at as forgotten_at, asked.data::text as asked, asked.cause, asked.reason, meant.data::text as meant, (
    select later.data ->> 'messageId' from event later
    where later.stream_id = asked.stream_id and later.version > n.stream_version and later.type like 'message.requested.v%'
      and later.data ->> 'supersedes' = n.message_id
    order by later.version limit 1
  ) as superseded_by
from notification n
left join event asked on asked.stream_id = 'customer/' || n.customer_id and asked.version = n.stream_version
left join event meant on meant.stream_id = asked.stream_id and meant.version = n.stream_version - 1 and meant.type = 'text.meant.v1'
left join forgotten f on f.position = asked.position
where n.message_id = any($1::text[])
order by n.requested_at, n.message_id;

-- name: heard
-- The customer's word that came with a text, or the last one before it: the outage as it was told to them; $1 stream, $2 version.
select data::text as data, event_id, cause, decided_at, version from event
where stream_id = $1 and version < $2 and type = 'customer.touched.v1' and data ->> 'mRID' = $3
order by version desc limit 1;

-- name: told_by
-- The event of a fan-out that passed it on, by its id; what that one came from, and the outage's own word.
select stream_id, version, type, cause, decided_at from event where event_id = $1::uuid limit 1;

-- name: due
-- The outage's word that was passed on, and the fact that made it due.
select cause, reason, decided_at from event
where stream_id = 'outage/' || $1 and type = 'audience.due.v1' and (data ->> 'outageVersion')::int = $2 limit 1;

-- name: promises
-- What was promised of an outage here ($2: types that make a promise), with the rule it rests on.
select data::text as data, type, decided_at from event
where stream_id = 'outage/' || $1 and type = any($2::text[]) order by position;

-- name: attempts
-- Every attempt at some texts.
select message_id, n, provider, owner, started_at, closed_at, outcome, http_status, provider_code, provider_sid, fault, body,
  tokens_at, tokens, pace
from attempt where message_id = any($1::text[]) order by message_id, n;

-- name: carried
-- Texts that go, or went, with others ($1), with which each does.
select message_id, customer_id, carried_by from notification where carried_by = any($1::text[]) order by customer_id, message_id;

-- name: became
-- What became of some texts ($2) of one customer's stream ($1).
select data ->> 'messageId' as message_id, type, data::text as data, reason, decided_at from event
where stream_id = $1 and data ->> 'messageId' = any($2::text[])
  and type not like 'message.requested.v%' and type <> 'text.meant.v1'
order by version;

-- name: profile
-- The customer as the registry has it.
select profile from customer where customer_id = $1;
