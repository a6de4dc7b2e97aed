-- name: claim
-- Claim texts to send, most urgent lane first, of lanes that nobody has stopped ($6 lanes, $7 their ranks), to no country
-- of $8, and only to $9 if it is given; that were given to provider $5, or to nobody where $11 is that provider; to no number that waits by its own pace. A text that says that power is off (triggers
-- $10) waits where the truth of each of its outages may be another for this customer by now (over, said to be, or perhaps; fewer
-- places; no longer theirs) and the word of that is still to be said to them, or on its way to their conversation: that word
-- withdraws the text, or says it anew. So waits one that says that power is back where by the newest truth of one of its outages it is
-- off, for all that is known for them too; and one about planned work ($12) for whatever is news of that.
-- This row is the intent: nobody may post this attempt again.
with chosen as (
  select message_id from notification
  where state = 'ready' and lane_rank = any (
      array(
        select w.rank from unnest($6::text[], $7::smallint[]) as w(lane, rank)
        where not exists (select from brake b where b.lane = w.lane)
      )
    )
    and not_before <= $1 and expires_at > $1 and (retry_after is null or retry_after <= $2)
    and coalesce(carrier, $11) = $5
    and not exists (
      select from number_pace r join contact_vault v on v.blind_index = r.number_ref
      where r.provider = $5 and r.waits_until > $2 and v.contact_id = notification.contact_id
    )
    and (
      cardinality($8::text[]) = 0 or not exists (
        select from contact_vault v where v.contact_id = notification.contact_id and v.country = any($8)
      )
    )
    and (
      $9::text is null or exists (
        select from contact_vault v where v.contact_id = notification.contact_id and v.country = $9
      )
    )
    and not (
      trigger = any($10::text[]) and cardinality(mrids) > 0 and not exists (
        select from unnest(notification.mrids) as o(mrid)
        left join merged_outage g using (mrid) -- of one that was merged the truth is the other's
        left join fanout_job j on j.mrid = coalesce(g.into_mrid, o.mrid)
        left join audience_member m on m.mrid = j.mrid and m.customer_id = notification.customer_id
        where j.mrid is null
          or ( -- it is off for them, by the newest truth
            j.due -> 'truth' ->> 'status' in ('out', 'part-restored')
            and coalesce(j.due -> 'truth' ->> 'proof_pending', 'false') = 'false'
            and coalesce(j.due -> 'truth' ->> 'claimed', '{}') = '{}' -- of a part that is said to be back each hears for themselves
            and coalesce(j.due -> 'truth' ->> 'perhaps_restored', '') <> 'held'
            and coalesce(m.touched, true)
            and (
              j.done or j.narrowed is null or m.truth_version >= j.version or exists (
                select from stream s
                where s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
                  and s.parked_by is not null
              )
            )
          )
          or ( -- the newest truth is said to them, and heard
            (j.done or m.truth_version >= j.version)
            and (
              m.word_id is null or exists (
                select from inbox i
                where i.source = '/outage/notifier' and i.id = m.word_id::text and i.outcome <> 'quarantined'
              )
            )
          )
      )
    )
    and not (
      trigger <> all($10::text[]) and exists (
        select from unnest(notification.mrids) as o(mrid)
        left join merged_outage g using (mrid)
        join fanout_job j on j.mrid = coalesce(g.into_mrid, o.mrid)
        left join audience_member m on m.mrid = j.mrid and m.customer_id = notification.customer_id
        where (
            trigger = any($12::text[]) or (
              coalesce(m.touched, true) and (
                j.due -> 'truth' ->> 'status' = 'out'
                or (j.due -> 'truth' ->> 'status' = 'part-restored' and trigger <> 'part-restored')
              )
            )
          )
          and (
            ( -- the newest truth is still to be said to them, and nobody has given that up or is to see to it
              not j.done and coalesce(m.truth_version, 0) < j.version and not exists (
                select from stream s
                where s.stream_id = 'fanout/' || j.mrid || '/' || j.version || '/' || (j.chunks + 1)
                  and s.parked_by is not null
              )
              and not exists (
                select from inbox i
                where i.source = '/outage/notifier/fanout' and i.id = j.mrid || '/' || j.version || '/' || (j.chunks + 1)
              )
            )
            or ( -- or is on its way
              m.word_id is not null and not exists (
                select from inbox i
                where i.source = '/outage/notifier' and i.id = m.word_id::text and i.outcome <> 'quarantined'
              )
            )
          )
      )
    )
  order by lane_rank, not_before, message_id
  limit $3
  for update skip locked
)
update notification n
set state = 'sending', attempts = n.attempts + 1, lease_until = $4, provider = $5
from chosen c where n.message_id = c.message_id
returning n.message_id, n.customer_id, n.contact_id, n.body, n.expires_at, n.attempts, n.lane, n.trigger, n.due_at,
  case when n.answered_by = $5 then n.invites end as invites, greatest(coalesce(n.known_at, n.requested_at), n.not_before) as waits_since;

-- name: rest
-- Texts about planned work that ought to have gone by day ($1: now, at night) and change nothing before $3: they wait for the
-- morning ($2), unless that is too late for them. Whoever is at one decides of it.
with chosen as (
  select message_id from notification
  where state = 'ready' and changes_at > $3 and not_before <= $1 and expires_at > $2
  order by message_id
  for update skip locked
)
update notification n set not_before = $2 from chosen c where n.message_id = c.message_id
returning n.message_id;

-- name: at_hand
-- Which of a sender's work there is, each kind named after the statement that gives it in full: texts that are due, by lane
-- ($3: their ranks, from the most urgent on), stopped or not; texts that are over; lanes stopped; of provider $4 circuits open,
-- failures that receipts reported, and numbers that it refused for their pace.
select
  exists(
    select from notification
    where state = 'ready' and lane_rank = ($3::smallint[])[1] and not_before <= $1 and expires_at > $1
      and (retry_after is null or retry_after <= $2)
  ) as claim_critical,
  exists(
    select from notification
    where state = 'ready' and lane_rank = ($3::smallint[])[2] and not_before <= $1 and expires_at > $1
      and (retry_after is null or retry_after <= $2)
  ) as claim_key,
  exists(
    select from notification
    where state = 'ready' and lane_rank = ($3::smallint[])[3] and not_before <= $1 and expires_at > $1
      and (retry_after is null or retry_after <= $2)
  ) as claim_notice,
  exists(
    select from notification
    where state = 'ready' and lane_rank = ($3::smallint[])[4] and not_before <= $1 and expires_at > $1
      and (retry_after is null or retry_after <= $2)
  ) as claim_bulk,
  exists(select from notification where state = 'ready' and expires_at <= $1) as ready_over,
  exists(select from brake) as brakes,
  exists(select from circuit where provider = $4 and is_open) as open_circuits,
  exists(select from attempt where provider = $4 and fault = 'reported') as reported,
  exists(select from number_pace where provider = $4) as numbers;

-- name: intend
-- The attempts that belong to the claims, in the same transaction, with the blind index of the number as it stands.
-- $7: what each posts, where that speaks for several texts or asks for an answer; $8: domain time; $9, $10, $11: the block of tokens they go with.
insert into attempt (
  message_id, n, provider, owner, started_at, deadline, outcome, number_ref, body, claimed_at, tokens_at, tokens, pace
)
select w.message_id, w.n, $3, $4, $5, $6, 'in-flight',
  (
    select v.blind_index from notification t join contact_vault v using (contact_id)
    where t.message_id = w.message_id order by v.put_at desc, v.customer_id limit 1
  ),
  w.body, $8, $9, $10, $11
from unnest($1::text[], $2::int[], $7::text[]) as w(message_id, n, body)
returning message_id, number_ref;

-- name: goes_to
-- The number changed between the claim and the post: what the attempt goes to.
update attempt set number_ref = $3 where message_id = $1 and n = $2;

-- name: back_to_ready
-- Proof that nothing was created: the text may be claimed again, once its provider is chosen anew.
update notification set state = 'ready', lease_until = null, retry_after = $3, carrier = null
where message_id = $1 and state in ('sending', 'unknown') and attempts = $2;

-- name: give_up_unwanted
-- A text that was withdrawn while this attempt was out, of which nothing was created: its conversation had settled it already.
update notification set state = unwanted, lease_until = null, closed_at = $3
where message_id = $1 and attempts = $2 and state in ('sending', 'unknown') and unwanted is not null;

-- name: is_at_attempt
-- Whether it is still open what became of attempt $2 at this text, and there is none after it.
select state in ('sending', 'unknown') and attempts = $2 from notification where message_id = $1;

-- name: is_any_withdrawn
-- The same of texts ($1) that go with another.
select exists (select from notification where message_id = any($1::text[]) and unwanted is not null);

-- name: is_withdrawn
-- Whether a text that was claimed is wanted no more: what it says became false while its post waited for its turn.
select unwanted is not null from notification where message_id = $1;

-- name: give_back
-- Texts $1 that attempts $2 of owner $3 claimed, if they did: their sender never heard so and posts none of them. Whoever is
-- at one ends it or not, so nothing waits for their lock; then its lease ends it.
with chosen as (
  select n.message_id, n.attempts
  from unnest($1::text[], $2::int[]) as w(message_id, n)
  join attempt a using (message_id, n) join notification n on n.message_id = w.message_id and n.attempts = w.n
  where a.owner = $3 and a.outcome = 'in-flight' and n.state = 'sending'
  order by n.message_id
  for update of n skip locked
),
closed as (
  update attempt a set outcome = 'not-created', closed_at = $4
  from chosen c where a.message_id = c.message_id and a.n = c.attempts
)
update notification n set state = 'ready', lease_until = null, retry_after = null
from chosen c where n.message_id = c.message_id
returning n.message_id;

-- name: close_attempt
-- What became of one attempt. closed_at keeps the moment since which its sender could not post, if that came first.
-- $7: what was at fault, if anything was.
update attempt set outcome = $3, http_status = $4, provider_code = $5, closed_at = coalesce(closed_at, $6),
  fault = $7, fault_at = case when $7::text is not null then $6 end
where message_id = $1 and n = $2 and outcome in ('in-flight', 'unknown');

-- name: lose_answer
-- Nobody can say whether a message was created: look up, never send again before a verdict.
update notification set state = 'unknown', lease_until = null
where message_id = $1 and state = 'sending' and attempts = $2;

-- name: was_looked_up
-- Whether a text was looked up since the database was restored to $2: that attempt began, for all that is known, at $2.
select exists (select from attempt where message_id = $1 and started_at = $2);

-- name: perhaps_sent
-- This attempt stands for those that a restored database does not know: some time since $3. It waits for its verdict.
update attempt set outcome = 'unknown', started_at = $3, closed_at = $4
where message_id = $1 and n = $2 and outcome = 'in-flight';

-- name: mark_unknown
-- The attempt waits for its verdict; closed_at says since when its sender can no longer post.
update attempt set outcome = 'unknown', closed_at = coalesce(closed_at, $3)
where message_id = $1 and n = $2 and outcome in ('in-flight', 'unknown');

-- name: in_doubt
-- Which of the work of provider $4's resolver there is, each kind named after the statement that gives it in full: attempts under way
-- of others than owner $1, and claims whose lease was over at $2, of whichever provider; attempts that wait for a verdict; texts
-- without a receipt since $3; attempts that are to be looked up again by $2.
select
  exists(
    select from notification n join attempt a on a.message_id = n.message_id and a.n = n.attempts
    where n.state = 'sending' and a.outcome = 'in-flight' and a.owner <> $1
  ) as claimed_elsewhere,
  exists(select from notification where state = 'sending' and lease_until < $2) as lapsed,
  exists(
    select from notification n join attempt a on a.message_id = n.message_id and a.n = n.attempts
    where n.state = 'unknown' and a.outcome = 'unknown' and a.provider = $4
  ) as unresolved,
  exists(
    select from notification n left join attempt a on a.message_id = n.message_id and a.provider_sid = n.provider_sid
    where n.state in ('accepted', 'sent') and coalesce(a.closed_at < $3, true) and (n.asked_at is null or n.asked_at < $3)
      and n.provider = $4 and n.carried_by is null and n.taken_at is null
  ) as silent,
  exists(select from attempt where look_again_at <= $2 and provider = $4) as look_again;

-- name: lapsed
-- Claims whose lease is over: their sender died or hangs.
select n.message_id, n.attempts from notification n
where n.state = 'sending' and n.lease_until < $1 order by n.message_id limit 100;

-- name: claimed_elsewhere
-- Attempts that other processes have out, or had when they died.
select n.message_id, n.attempts, a.owner from notification n
join attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state = 'sending' and a.outcome = 'in-flight' and a.owner <> $1 order by n.message_id limit 500;

-- name: own_sid
-- The provider id of an attempt that doubled its text, or that made one that was over by then.
update attempt set outcome = 'accepted', provider_sid = $3, closed_at = coalesce(closed_at, $4)
where message_id = $1 and n = $2 and provider_sid is null and not exists (select from attempt where provider_sid = $3);

-- name: unresolved
-- Attempts by provider $2 that wait for a verdict; in turn, so that those which must wait longer hold up no other. One that stands for others
-- (perhaps_sent, lost_time.sql) began longer before its deadline than a claim lasts ($1). The text may have been worded at another hour
-- then, with another time for the next word: it is known by its code and all else that it says. Of texts that are alike the one
-- that was asked for first comes first.
select n.message_id, n.customer_id, n.contact_id, coalesce(a.body, n.body) as body, a.n, a.owner, a.started_at, a.closed_at, a.number_ref,
  case when a.deadline - a.started_at > $1 then n.ref end as ref
from notification n join attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state = 'unknown' and a.outcome = 'unknown' and a.provider = $2
order by n.asked_at nulls first, n.lane_rank, a.started_at, n.requested_at limit 50;

-- name: look_again_at
-- When an attempt that was freed is looked up again; null: no more.
update attempt set look_again_at = $3 where message_id = $1 and n = $2;

-- name: look_again
-- Attempts by provider $3 that were freed without its word and are to be looked up again by $1, as `unresolved` has them ($2). Not while
-- another attempt at the text is out: what the list shows may be that one's.
select n.message_id, n.customer_id, n.contact_id, coalesce(a.body, n.body) as body, a.n, a.started_at, a.number_ref,
  case when a.deadline - a.started_at > $2 then n.ref end as ref
from attempt a join notification n using (message_id)
where a.look_again_at <= $1 and a.provider = $3 and n.state not in ('sending', 'unknown')
order by a.look_again_at limit 50;

-- name: is_out
-- Whether an attempt is out at a text.
select state in ('sending', 'unknown') from notification where message_id = $1;

-- name: sids_of_contact
-- Provider ids of other texts to the same contact.
select a.provider_sid from attempt a join notification n using (message_id)
where n.contact_id = $1 and a.provider_sid is not null
union
select provider_sid from notification where contact_id = $1 and provider_sid is not null;

-- name: ready_over
-- Texts whose last useful moment passed in the queue. Where the database was restored to $2, not one that was of use since then
-- and was not looked up (was_looked_up): it may have gone in the lost time.
select message_id, customer_id,
  case
    when retry_after = 'infinity' and exists (select from large_send s where s.mrid = any(n.mrids) and s.state = 'refused')
      then 'send-refused'
    when retry_after = 'infinity' then 'send-not-approved'
    else 'last-useful-moment-passed'
  end as reason
from notification n
where state = 'ready' and expires_at <= $1 and (
  $2::timestamptz is null or expires_at <= $2
  or exists (select from attempt a where a.message_id = n.message_id and a.started_at = $2)
)
order by message_id limit 200;

-- name: silent
-- Texts accepted by provider $2 without a receipt for long: ask it, where it gives any. At once where no attempt is known, as after a restore: a callback
-- said that it was accepted, and the next one may have come in the lost time.
select n.message_id, n.customer_id, n.provider, n.provider_sid, coalesce(a.n, 1) as n from notification n
left join attempt a on a.message_id = n.message_id and a.provider_sid = n.provider_sid
where n.state in ('accepted', 'sent') and coalesce(a.closed_at < $1, true) and (n.asked_at is null or n.asked_at < $1)
  and n.provider = $2 and n.carried_by is null and n.taken_at is null
order by a.closed_at limit 50;

-- name: asked
-- The provider was asked about these texts.
with locked as (
  select message_id from notification where message_id = any($1::text[]) order by message_id for update
)
update notification n set asked_at = $2 from locked l where n.message_id = l.message_id;

-- name: of_message
-- Whose a text is, by our id.
select customer_id from notification where message_id = $1;

-- name: of_sid
-- Whose a text is, by the provider's id.
select customer_id, message_id from notification where provider_sid = $1;
