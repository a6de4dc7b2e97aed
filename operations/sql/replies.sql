-- name: latest
-- Texts that came in, the latest first: of one customer ($1) or of all, all or only those that wait for a person ($2) at an instant
-- ($4); at most $3.
select r.reply_id, r.provider, r.body, r.meaning, r.reason, r.code, r.customers, r.received_at, w.reasons as to_read, not w.seen as waits
from reply r
cross join lateral (
  select coalesce(array_agg(distinct c.reason order by c.reason), '{}') as reasons,
    coalesce(
      bool_and(
        coalesce(
          (select k.state = 'done' from task_cause t join task k using (task_id) where t.cause_id = c.cause_id),
          c.useful_until <= $4
        )
      ),
      true
    ) as seen
  from standing_cause c where c.kind = 'reply-to-read' and c.ref = r.reply_id
) w
where ($1::text is null or $1 = any(r.customers)) and (not $2 or not w.seen)
order by r.received_at desc, r.reply_id limit $3;

-- name: these
-- Texts that came in, by their ids ($1), oldest first.
select reply_id, provider, body, meaning, reason, code, customers, received_at, '{}'::text[] as to_read, false as waits
from reply where reply_id = any($1::text[]) order by received_at, reply_id;

-- name: stopped
-- Contacts that want no texts, as the conversations know it, the latest first; at most $1.
select substr(l.stream_id, 10) as customer_id, w.key as contact_id, w.value::timestamptz as since
from live l cross join lateral jsonb_each_text(l.view -> 'heard' -> 'opted_out') as w
where starts_with(l.stream_id, 'customer/') and l.view -> 'heard' -> 'opted_out' <> '{}'::jsonb
order by 3 desc, 1, 2 limit $1;
