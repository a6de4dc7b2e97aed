-- name: texts
-- Every text: its row, the provider ids of its attempts, and what its customer's log says of it.
select coalesce(n.message_id, e.message_id) as message_id, n.message_id is not null as has_row, n.state, n.unwanted, n.expires_at,
  n.provider_sid, n.carried_by, coalesce(a.sids, '{}') || coalesce(d.sids, '{}') as sids, coalesce(e.requested, 0) as requested,
  coalesce(e.types, '{}') as types
from notification n
full join (
  select data->>'messageId' as message_id, array_agg(type order by stream_id, version) as types,
    count(*) filter (where type = 'message.requested.v1') as requested
  from event where starts_with(stream_id, 'customer/') and starts_with(type, 'message.') group by 1
) e on e.message_id = n.message_id
left join (
  select message_id, array_agg(distinct provider_sid) as sids from attempt
  where provider_sid is not null and outcome <> 'taken-back' group by 1
) a on a.message_id = n.message_id
left join (
  select data->>'messageId' as message_id, array_agg(data->>'secondSid') as sids
  from event where starts_with(stream_id, 'customer/') and type = 'text.doubled.v1' group by 1
) d on d.message_id = n.message_id
order by 1;

-- name: around
-- Texts $1 as their rows have them, each with every attempt at it, and at other texts to the same contact or number.
select n.message_id, n.customer_id, n.contact_id, n.trigger, n.state, n.unwanted, n.requested_at, n.not_before, n.expires_at,
  n.closed_at, n.provider_sid, a.message_id as of_text, a.n, a.outcome, a.started_at, a.closed_at as attempt_closed_at,
  a.http_status, a.provider_code, a.provider_sid as sid
from notification n
left join lateral (
  select a.* from attempt a join notification t using (message_id)
  where t.contact_id = n.contact_id
    or a.number_ref in (select own.number_ref from attempt own where own.message_id = n.message_id)
) a on true
where n.message_id = any($1::text[])
order by n.message_id, a.started_at, a.message_id, a.n;

-- name: promised
-- Promises to customers by their streams' views: how many wait for their verdict, and those of them that were due before $1, but
-- for streams that wait for a person.
select count(*) as promises, coalesce(array_agg(one ->> 'promiseId' order by one ->> 'promiseId')
  filter (where (one ->> 'dueAt')::timestamptz < $1 and s.parked_by is null), '{}') as overdue
from live l join stream s using (stream_id) cross join lateral jsonb_array_elements(l.view -> 'promises') as one
where starts_with(l.stream_id, 'customer/') and jsonb_typeof(l.view -> 'promises') = 'array' and one ->> 'state' in ('open', 'atRisk');
