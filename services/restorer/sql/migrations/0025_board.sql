-- What the public board reads of outages and statements: views that show this and nothing beside it.
-- depends: 0024_overlaps

-- migrate: apply

-- Instants in views are written with their offset, so what they mean hangs on no setting of a session.
create function instant_of(written text) returns timestamptz language sql immutable strict parallel safe
return written::timestamptz;

create function public_places(extent jsonb) returns jsonb language sql immutable parallel safe
return jsonb_build_object('lines', extent -> 'lines', 'areas', extent -> 'areas', 'transformers', extent -> 'transformers');

-- The views of all outages ever stand in one table: of these the few that are open, and the others by when they were over.
create index live_open on live (stream_id)
  where stream_id like 'outage/%' and view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored');
create index live_over on live (instant_of(coalesce(view ->> 'restoredAt', view ->> 'withdrawnAt', view ->> 'mergedAt')))
  where stream_id like 'outage/%' and view ->> 'status' in ('restored', 'closed', 'withdrawn', 'merged');

create view board_outage with (security_barrier) as
select l.view ->> 'mRID' as mrid, e.position,
  -- Reports, promises and calls change nothing that the public reads.
  coalesce(said.decided_at, e.decided_at) as changed_at,
  l.view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored') as is_open,
  l.view ->> 'status' in ('restored', 'closed', 'withdrawn', 'merged') as is_over,
  instant_of(coalesce(l.view ->> 'restoredAt', l.view ->> 'withdrawnAt', l.view ->> 'mergedAt')) as ended_at,
  jsonb_build_object(
    'status', l.view -> 'status',
    'outageClass', l.view -> 'outageClass',
    'extent', public_places(l.view -> 'extent'),
    'customers', coalesce(l.view -> 'customers', l.view #> '{extent,customersAffected}'),
    'interruptions', (
      select jsonb_agg(jsonb_build_object('offUntil', i -> 'offUntil', 'customers', i -> 'customers'))
      from jsonb_array_elements(l.view #> '{figures,interruptions}') i
      where i ->> 'episode' = l.view #>> '{episodes,-1,number}'
    ),
    'beganAt', coalesce(l.view #>> '{episodes,-1,began}', l.view ->> 'startedAt', l.view ->> 'reportedAt'),
    'ert', l.view -> 'ert',
    'nextUpdateAt', l.view -> 'nextUpdateAt',
    'saidTimes', (
      select jsonb_agg(jsonb_build_object('at', h -> 'at', 'ert', h -> 'ert', 'nextUpdateAt', h -> 'nextUpdateAt') order by n)
      from jsonb_array_elements(l.view -> 'ertHistory') with ordinality as w(h, n)
    ),
    'crewStatus', l.view -> 'crewStatus',
    'cause', l.view -> 'cause',
    'steps', (
      select jsonb_agg(jsonb_build_object(
        'restoredAt', s -> 'restoredAt', 'restored', public_places(s -> 'restored'), 'remaining', public_places(s -> 'remaining')
      ) order by n)
      from jsonb_array_elements(l.view -> 'steps') with ordinality as w(s, n)
      where s ->> 'episode' = l.view #>> '{episodes,-1,number}'
    ),
    'restoredAt', l.view -> 'restoredAt',
    'perhapsRestoredSince', l.view -> 'perhapsRestoredSince',
    'mergedInto', l.view -> 'mergedInto',
    'planMRID', l.view -> 'planMRID'
  ) as said,
  case when l.view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored')
    then l.view #> '{extent,usagePoints}' end as usage_points
from live l
join event e on e.stream_id = l.stream_id and e.version = l.version
left join lateral (
  select c.decided_at from event c
  where c.stream_id = l.stream_id and c.version <= l.version
    and c.type !~ '^(fault\.reported|promise|followup|enquiry|complaint|guidance|fact\.questioned)\.'
  order by c.version desc limit 1
) said on true
where l.stream_id like 'outage/%'
  and l.view ->> 'status' in ('predicted', 'confirmed', 'partiallyRestored', 'restored', 'closed', 'withdrawn', 'merged');
comment on view board_outage is
  'For the public board: outages that are known, as far as the public may read of them; usage_points only of open ones, for the look-up by number';

create view board_name with (security_barrier) as
select n.words, n.form, (w.element ->> 'dedicated')::boolean is true as dedicated, w.element ->> 'publicName' as public_name,
  (w.element ->> 'nominalVoltage')::float8 as nominal_voltage,
  array(
    select coalesce(a.element ->> 'publicName', a.element ->> 'name')
    from network_area l
    join lateral (
      select convert_from(p.element, 'UTF8')::json as element from network_element p
      where p.element_id = l.area_id and p.until is null and p.kind = 'area'
    ) a on true
    where l.element_id = n.element_id order by l.area_id
  ) as areas
from network_name n
join lateral (
  select convert_from(e.element, 'UTF8')::json as element from network_element e
  where e.element_id = n.element_id and e.until is null
) w on true
where n.words in ('lines', 'transformers', 'areas');
comment on view board_name is
  'For the public board: under which name an element may be shown, whether it serves one customer alone, and in which areas it lies';

create view board_statement with (security_barrier) as
select s.month, s.number, s.statement_id, s.published_at,
  jsonb_build_object(
    'definitions', s.data -> 'definitions', 'rate', s.data -> 'rate', 'target', s.data -> 'target', 'corrects', s.data -> 'corrects',
    'changes', (
      select jsonb_agg((
        select jsonb_object_agg(key, value) from jsonb_each(c) where key = any(string_to_array('ruleId,figure,was,now', ','))
      ) order by n)
      from jsonb_array_elements(s.data -> 'changes') with ordinality as w(c, n)
    ),
    'rows', (
      select jsonb_agg(jsonb_build_object(
        'ruleId', r #> '{rule,ruleId}', 'source', r #> '{rule,source}', 'verified', coalesce(r #> '{rule,verified}', 'true'),
        'asks', r -> 'asks', 'measured', coalesce(r -> 'measured', 'true'),
        'made', r -> 'made', 'kept', r -> 'kept', 'broken', r -> 'broken', 'voided', r -> 'voided',
        'open', coalesce(r -> 'open', '0'), 'corrected', r -> 'corrected', 'voidedFor', coalesce(r -> 'voidedFor', '[]'),
        'figure', r -> 'figure', 'limit', r -> 'limit', 'unit', r -> 'unit', 'aggregate', r -> 'aggregate', 'verdict', r -> 'verdict'
      ) order by n)
      from jsonb_array_elements(s.data -> 'rows') with ordinality as w(r, n) where not r ? 'area'
    )
  ) as said
from (select distinct on (month) * from statement order by month, number desc) s;
comment on view board_statement is 'For the public board: of each month the statement that stands, without who approved it';

create view board_standing with (security_barrier) as
select min(caught_up_at) as caught_up_at, min(raised_at) as raised_at from standing;
comment on view board_standing is
  'For the public board: up to when all facts of every partition are known here, and when the slowest of its workers last said so';

insert into operator_sees (table_name)
values ('board_outage'), ('board_name'), ('board_statement'), ('board_standing');
insert into board_sees (table_name)
values ('board_outage'), ('board_name'), ('board_statement'), ('board_standing');

-- migrate: rollback

delete from board_sees where table_name in ('board_outage', 'board_name', 'board_statement', 'board_standing');
delete from operator_sees where table_name in ('board_outage', 'board_name', 'board_statement', 'board_standing');
drop view board_standing;
drop view board_statement;
drop view board_name;
drop view board_outage;
drop index live_over;
drop index live_open;
drop function public_places(jsonb);
drop function instant_of(text);
