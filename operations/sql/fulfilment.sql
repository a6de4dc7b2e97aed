-- name: months
-- Every month as its stream has it, the newest first.
select view from live where starts_with(stream_id, 'month/') order by stream_id desc;

-- name: month
-- One month as its stream has it.
select view from live where stream_id = 'month/' || $1::text;

-- name: cases
-- Its cases as they stand, of one rule or of all, in the order of which digests are made.
select line from cases_of($1) where ($2::text is null or rule_id = $2)
order by rule_id collate "C", kind collate "C", name collate "C";

-- name: explained
-- Why promises of a month were broken, as people said it.
select service, promise_id, explained ->> 'reason' as reason, explained ->> 'by' as by from promise_case
where month = $1 and explained is not null and standing = 'broken';

-- name: is_lost
-- Whether the cases of a statement were lost with the database that had them.
select lost from statement where statement_id = $1;

-- name: is_statement
-- Whether there is such a statement of that month.
select exists (select from statement where statement_id = $1 and month = $2);

-- name: statement_cases
-- The cases of a statement as they were frozen, in the same order.
select line from case_of_statement where statement_id = $1 and ($2::text is null or rule_id = $2)
order by rule_id collate "C", kind collate "C", name collate "C";

-- name: statement
-- One statement as it was published.
select data::text as data from statement where statement_id = $1;

-- name: promised
-- How many promises this service's log has.
select count(*) from event where type = 'promise.made.v1';

-- name: otherwise
-- Promises of this service's own log that no case has, or that stand otherwise there, by the last word on each; and cases that nobody
-- promised.
with said as (
  select distinct on (e.data ->> 'promiseId') e.data ->> 'promiseId' as promise_id,
    case e.type
      when 'promise.corrected.v1' then e.data #>> '{now}'
      when 'promise.made.v1' then 'open'
      else replace(replace(e.type, 'promise.', ''), '.v1', '')
    end as standing
  from event e
  where e.type in ('promise.made.v1', 'promise.kept.v1', 'promise.broken.v1', 'promise.voided.v1', 'promise.corrected.v1')
  order by e.data ->> 'promiseId', e.position desc
)
select coalesce(s.promise_id, c.promise_id) as promise_id, s.standing as said, c.standing as counted
from said s full join (select promise_id, standing from promise_case where service = 'restorer') c using (promise_id)
where s.standing is distinct from c.standing order by 1 limit $1;

-- name: statements
-- Each statement with the digest that it names, and the one over the cases that are kept with it.
select s.statement_id, s.data ->> 'casesDigest' as named, encode(sha256(convert_to(coalesce(
    string_agg(c.line || E'\n', '' order by c.rule_id collate "C", c.kind collate "C", c.name collate "C"), ''), 'UTF8')), 'hex') as kept,
  exists (
    select from event e
    where (e.type = 'fulfilment.published.v1' and e.data ->> 'statementId' = s.statement_id
        and e.data ->> 'casesDigest' = s.data ->> 'casesDigest')
      or (e.type = 'statement.taken-up.v1' and e.data #>> '{statement,statementId}' = s.statement_id
        and e.data #>> '{statement,casesDigest}' = s.data ->> 'casesDigest')
  ) as in_log, s.lost
from statement s left join case_of_statement c using (statement_id) group by s.statement_id order by s.statement_id;

-- name: areas
-- How the promises of a month ($1), of one rule ($2) or of all, stand by the areas in which their outages were; null: nobody said.
-- One whose outage was in several is counted in each.
select a.area, count(*) filter (where c.standing = 'kept') as kept, count(*) filter (where c.standing = 'broken') as broken,
  count(*) filter (where c.standing = 'voided') as voided, count(*) filter (where c.standing = 'open') as open
from cases_of($1) c left join counted_outage o using (mrid)
cross join lateral unnest(case when cardinality(o.areas) > 0 then o.areas else array[null::text] end) as a(area)
where c.kind = 'promise' and ($2::text is null or c.rule_id = $2)
group by a.area order by a.area collate "C" nulls last;
