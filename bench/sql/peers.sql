-- name: table
-- Texts as a peer keeps them: `state` created, sending, sent or failed.
create table peer_text (
  message_id text primary key,
  number text not null,
  body text not null,
  state text not null default 'created',
  attempts int not null default 0,
  visible_at timestamptz not null
);

-- name: clear
-- Nothing of the peer before.
truncate peer_text;

-- name: put
-- The same texts, to the same numbers.
insert into peer_text (message_id, number, body, visible_at)
select w.message_id, w.number, w.body, $4 from unnest($1::text[], $2::text[], $3::text[]) as w(message_id, number, body);

-- name: receive
-- A queue's hand: what nobody has in hand, hidden from others until $2.
update peer_text set visible_at = $2, attempts = attempts + 1
where message_id = (
  select message_id from peer_text where state = 'created' and visible_at <= $1
  order by visible_at, message_id limit 1 for update skip locked
)
returning message_id, number, body, attempts;

-- name: claim
-- Claimed before anything is sent: whoever finds it so later does not send it.
update peer_text set state = 'sending', attempts = attempts + 1
where message_id = (
  select message_id from peer_text where state = 'created' and visible_at <= $1
  order by visible_at, message_id limit 1 for update skip locked
)
returning message_id, number, body, attempts;

-- name: again
-- It may be tried again from $2 on.
update peer_text set state = 'created', visible_at = $2 where message_id = $1;

-- name: over
-- It is sent, or given up ($2).
update peer_text set state = $2 where message_id = $1;

-- name: left
-- Texts that somebody may still send.
select count(*) from peer_text where state = 'created';
