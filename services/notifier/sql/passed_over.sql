-- name: since
-- From which inbox row on texts of customers are looked for (null: none are, any more), whether no pod is left that
-- would pass one over (its sender's session was $1), and how far the inbox goes.
select
  (select max(since) from passed_over) as since,
  exists (select from gone_senders where session = $1) as gone,
  (select coalesce(max(seq), 0) from inbox) as newest;

-- name: unheard
-- Texts of customers from row $1 on that a version before passed over, and whose number has not heard them since (from source $2).
select i.seq, i.topic, i.partition, i.record_offset, i.source, i.id from inbox i
where i.seq > $1 and i.type = 'inbound.received.v1' and i.reason = 'inbound-text-noted' and i.topic is not null
  and not exists (
    select from inbox h
    where h.source = $2 and h.id = 'urn:passed-over:' || i.topic || ':' || i.partition || ':' || i.record_offset
  )
order by i.seq limit $3;

-- name: all_heard
-- No pod is left, and whatever was passed over was heard, or is not on its topic any more.
delete from passed_over;
