-- name: fill
-- A log of $1 promise words as the restorer writes them: each promise made, its verdict some thousand events later, one in
-- five warned of before, one in ten broken, one in fifty of the broken ones put right. Chains are left out: nobody reads
-- them here.
insert into event (stream_id, version, event_id, type, data, cause, reason, decided_at, chain)
select 'outage/' || mrid, 1 + row_number() over (partition by mrid order by place), gen_random_uuid(),
  'promise.' || word || '.v1',
  json_strip_nulls(json_build_object(
    'promiseId', promise_id,
    'mRID', mrid,
    'rule', json_build_object(
      'policyId', 'cn-service-standard', 'policyVersion', '2026.1', 'ruleId', 'cn.restore.one-working-day',
      'calendarVersion', 'CN-2026.1', 'source', '第2篇 第十条(二)10'
    ),
    'dueAt', to_char(at + interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'measuredFrom', case word when 'made' then to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end,
    'atRiskAt', case word when 'made' then to_char(at + interval '20 hours', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end,
    'obligation', case word when 'made' then '原因消除后1个工作日内恢复供电' end,
    'at', case when word <> 'made' then to_char(at + interval '5 hours', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end,
    'was', case word when 'corrected' then 'broken' end,
    'now', case word when 'corrected' then 'kept' end,
    'reason', case when word <> 'made' then 'done-in-time' end,
    'evidence', case when word in ('kept', 'broken', 'corrected')
      then json_build_array('/dispatch/east/' || n, '/dispatch/east/' || n + 7) end
  )),
  '/dispatch/east/' || n, 'promises-reconciled', at, '\x00'
from (
  select n, 'F-' || n / 3 as mrid, 'F-' || n / 3 || '/cn.restore.one-working-day/' || n % 3 as promise_id,
    timestamptz '2026-03-05T01:00:00Z' + n * interval '1 second' as at, w.word,
    n + w.delay as place
  from generate_series(1, $1::int) n
  cross join lateral (
    values ('made', 0), ('at-risk', 2000), (case when n % 10 = 0 then 'broken' else 'kept' end, 3000), ('corrected', 9000)
  ) w(word, delay)
  where (w.word <> 'at-risk' or n % 5 = 0) and (w.word <> 'corrected' or n % 500 = 0)
) words
order by place limit $1;
