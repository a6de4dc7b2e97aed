-- name: waiting
-- Requests without an answer, oldest first, each beside the number of the newest of all; one row of that alone, where none
-- waits. $1: those up to this number have theirs, whoever looks.
select n.newest, r.seq, r.id, r.at, r.who, r.action, r.reason, r.detail, r.login
from (select coalesce(max(seq), 0) as newest from operator_request) n left join operator_request r
  on r.seq > $1 and not exists (
    select from stream s where s.stream_id = 'operator/' || r.id::text and s.version > 0
  )
order by r.seq;

-- name: ask
-- A request, as a person made it; asked twice under one id it is one.
insert into operator_request (id, at, who, action, reason, detail) values ($1, $2, $3, $4, $5, $6::json)
on conflict (id) do nothing;

-- name: one
-- A request by its id.
select seq, id, at, who, action, reason, detail, login from operator_request where id = $1;

-- name: answer
-- What a request came to: the last event of its stream.
select type, data, decided_at from event where stream_id = 'operator/' || ($1::uuid)::text order by version desc limit 1;

-- name: like
-- Requests whose ids begin so.
select seq, id, at, who, action, reason, detail, login from operator_request where starts_with(id::text, $1) order by seq limit 3;
